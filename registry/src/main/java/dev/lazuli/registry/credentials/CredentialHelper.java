package dev.lazuli.registry.credentials;

import dev.lazuli.registry.model.Credentials;
import dev.lazuli.registry.model.Text;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
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
  private static final int MAX_BYTES = 64 << 10;
  private static final long SECONDS = 15;

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
    if (!NAME.matcher(name).matches()) {
      throw new IOException("not a credential helper's name: " + Text.quote(name));
    }
    String program = "docker-credential-" + name;
    Process process = start(program);
    try {
      Thread watch = killAfterTimeout(process);
      String answer = talk(process, server);
      int status = process.waitFor();
      watch.interrupt();
      if (status == 0) {
        return parse(program, answer);
      }
      if (answer.contains("credentials not found")) {
        return Optional.empty();
      }
      throw new IOException(program + " failed for " + server + ": exit status " + status);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while " + program + " was running");
    } finally {
      process.destroyForcibly();
    }
  }

  private Process start(String program) throws IOException {
    var builder = new ProcessBuilder(List.of(find(program).toString(), "get"));
    builder.environment().clear();
    builder.environment().putAll(environment);
    return builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
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

  private static Thread killAfterTimeout(Process process) {
    return Thread.ofVirtual()
        .name("credential helper timeout")
        .start(
            () -> {
              try {
                if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                  process.descendants().forEach(ProcessHandle::destroyForcibly);
                  process.destroyForcibly();
                }
              } catch (InterruptedException e) {
                // it ended in time
              }
            });
  }

  private static String talk(Process process, String server) throws IOException {
    try (OutputStream in = process.getOutputStream()) {
      in.write((server + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // It need not read; its answer and status count.
    }
    try (InputStream out = process.getInputStream()) {
      return new String(out.readNBytes(MAX_BYTES), StandardCharsets.UTF_8);
    }
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
