package dev.lazuli.registry.credentials;

import dev.lazuli.registry.model.Credentials;
import dev.lazuli.registry.model.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Asks a program of Docker's for credentials, as one can in a shell:
 *
 * <pre>{@code echo -n registry.example | docker-credential-NAME get}</pre>
 *
 * <p>It prints JSON with Username and Secret. The user {@code <token>} means an identity token.
 * What a helper prints is left out of error messages, because it may hold a secret.
 *
 * @see <a href="https://github.com/docker/docker-credential-helpers">The protocol</a>
 */
final class CredentialHelper {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
  private static final Duration LIMIT = Duration.ofSeconds(15);

  private final Map<String, String> environment;

  CredentialHelper(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  /**
   * Asks a helper.
   *
   * @return what it knows; empty if it does not know the server
   * @throws IOException if there is no such helper, or it fails or hangs
   */
  Optional<Credentials> get(String name, String server) throws IOException {
    String program = program(name);
    var answer =
        new HelperProcess(program, find(program), List.of("get"), environment, LIMIT).ask(server);
    if (answer.status() == 0) {
      return parse(program, answer.text());
    }
    if (answer.text().contains("credentials not found")) {
      return Optional.empty();
    }
    throw new IOException(program + " failed for " + server + ": exit status " + answer.status());
  }

  /**
   * Returns normally if there is such a helper.
   *
   * @throws IOException if its name is none, or it is not on the PATH
   */
  void require(String name) throws IOException {
    var _ = find(program(name));
  }

  private static String program(String name) throws IOException {
    if (!NAME.matcher(name).matches()) {
      throw new IOException("not a credential helper's name: " + Text.quote(name));
    }
    return "docker-credential-" + name;
  }

  private Path find(String program) throws IOException {
    String path = environment.getOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin");
    for (String folder : path.split(":", -1)) {
      Path candidate = Path.of(folder, program);
      if (!folder.isEmpty() && candidate.isAbsolute() && Files.isExecutable(candidate)) {
        return candidate;
      }
    }
    throw new IOException(program + " is not on the PATH");
  }

  private static Optional<Credentials> parse(String program, String answer) throws IOException {
    try {
      JsonNode json = JsonMapper.shared().readTree(answer);
      String user = json.path("Username").asString("");
      String secret = json.path("Secret").asString("");
      if (secret.isEmpty()) {
        return Optional.empty();
      }
      return Optional.of(
          user.equals("<token>")
              ? Credentials.identityToken(secret)
              : Credentials.password(user, secret));
    } catch (JacksonException e) {
      throw new IOException(program + " did not answer with JSON", e);
    }
  }
}
