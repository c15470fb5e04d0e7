package dev.lazuli.registry.credentials;

import dev.lazuli.registry.model.Credentials;
import dev.lazuli.registry.model.CredentialsProvider;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.Text;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Credentials as {@code docker login} and {@code podman login} leave them. For a server, in this
 * order:
 *
 * <ol>
 *   <li>the helper that {@code credHelpers} names for it,
 *   <li>its entry in {@code auths},
 *   <li>the helper that {@code credsStore} names for all.
 * </ol>
 *
 * <p>A helper that fails does not keep the others from being asked; its failure is thrown only when
 * none of them knows the server. The file is read each time, which is rare because tokens are kept.
 */
public final class DockerConfig implements CredentialsProvider {
  private static final long MAX_BYTES = 4 << 20;

  /** Without a session and with one, containers-auth.json(5). */
  private static final List<Path> PODMAN_OF_ROOT =
      List.of(Path.of("/run/containers/0/auth.json"), Path.of("/run/user/0/containers/auth.json"));

  private final Path file;
  private final CredentialHelper helper;

  /**
   * Reads one file.
   *
   * @param file a {@code config.json}; need not exist
   * @param environment in which helpers run, with the PATH they are found by
   */
  public DockerConfig(Path file, Map<String, String> environment) {
    this.file = file;
    this.helper = new CredentialHelper(environment);
  }

  /**
   * Returns the files that apply in an environment: {@code $DOCKER_CONFIG/config.json}, else {@code
   * ~/.docker/config.json}; then podman's {@code $REGISTRY_AUTH_FILE} or {@code
   * $XDG_RUNTIME_DIR/containers/auth.json}. A service of root's has neither variable: it looks
   * where {@code podman login} writes as root.
   */
  public static CredentialsProvider of(Map<String, String> environment) {
    return of(environment, "root".equals(System.getProperty("user.name")));
  }

  static CredentialsProvider of(Map<String, String> environment, boolean root) {
    var files = new ArrayList<Path>();
    String docker = environment.getOrDefault("DOCKER_CONFIG", "");
    String home = environment.getOrDefault("HOME", "/root");
    files.add(
        docker.isEmpty() ? Path.of(home, ".docker/config.json") : Path.of(docker, "config.json"));
    String podman = environment.getOrDefault("REGISTRY_AUTH_FILE", "");
    String runtime = environment.getOrDefault("XDG_RUNTIME_DIR", "");
    if (!podman.isEmpty()) {
      files.add(Path.of(podman));
    } else if (!runtime.isEmpty()) {
      files.add(Path.of(runtime, "containers/auth.json"));
    } else if (root) {
      files.addAll(PODMAN_OF_ROOT);
    }
    return new CredentialChain(
        files.stream().<CredentialsProvider>map(f -> new DockerConfig(f, environment)).toList());
  }

  @Override
  public String places() {
    return file.toString();
  }

  @Override
  public Optional<Credentials> find(String host, ImageReference reference) throws IOException {
    return search(host, reference, /* all= */ false).stream().findFirst();
  }

  @Override
  public List<Credentials> all(String host, ImageReference reference) throws IOException {
    return search(host, reference, /* all= */ true);
  }

  private interface Place {
    List<Credentials> look() throws IOException;
  }

  private List<Credentials> search(String host, ImageReference reference, boolean all)
      throws IOException {
    JsonNode root = read();
    List<Place> places =
        List.of(
            () -> fromHelper(root.path("credHelpers"), host).stream().toList(),
            () -> fromEntries(root.path("auths"), host, reference),
            () -> fromStore(root.path("credsStore").asString(""), host).stream().toList());
    var found = new LinkedHashSet<Credentials>();
    IOException failure = null;
    for (var place : places) {
      try {
        found.addAll(place.look());
      } catch (IOException e) {
        failure = failure == null ? new IOException(file + ": " + Text.reason(e), e) : failure;
      }
      if (!all && !found.isEmpty()) {
        break;
      }
    }
    if (failure != null && found.isEmpty()) {
      throw failure;
    }
    return List.copyOf(found);
  }

  /** Looks at every entry, and asks no helper for anything. */
  @Override
  public List<String> faults() {
    var faults = new ArrayList<String>();
    try {
      JsonNode root = read();
      for (var entry : root.path("credHelpers").properties()) {
        note(faults, entry.getKey(), () -> helper.require(entry.getValue().asString("")));
      }
      for (var entry : root.path("auths").properties()) {
        note(faults, entry.getKey(), () -> credentials(entry.getValue()));
      }
      String store = root.path("credsStore").asString("");
      if (!store.isEmpty()) {
        note(faults, "credsStore", () -> helper.require(store));
      }
    } catch (IOException e) {
      faults.add(Text.reason(e));
    }
    return faults;
  }

  private interface Look {
    void run() throws IOException;
  }

  private void note(List<String> faults, String entry, Look look) {
    try {
      look.run();
    } catch (IOException e) {
      faults.add(file + ", " + Text.clean(entry) + ": " + Text.reason(e));
    }
  }

  private JsonNode read() throws IOException {
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new IOException(file + " is larger than " + MAX_BYTES + " bytes");
      }
      return JsonMapper.shared().readTree(Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      return JsonNodeFactory.instance.objectNode();
    } catch (JacksonException e) {
      // The parser's message may quote secrets.
      throw new IOException(file + " is not JSON", e);
    }
  }

  private Optional<Credentials> fromHelper(JsonNode helpers, String host) throws IOException {
    for (var entry : helpers.properties()) {
      if (aliases(host).contains(server(entry.getKey()))) {
        return fromHelper(entry.getValue().asString(""), entry.getKey());
      }
    }
    return Optional.empty();
  }

  private Optional<Credentials> fromStore(String name, String host) throws IOException {
    return name.isEmpty() ? Optional.empty() : fromHelper(name, serverUrl(host));
  }

  private Optional<Credentials> fromHelper(String name, String server) throws IOException {
    return helper
        .get(name, server)
        .map(found -> found.from("docker-credential-" + name + ", which " + file + " names"));
  }

  /** Podman's entries may name a repository or a folder of some; the longest name counts first. */
  private List<Credentials> fromEntries(JsonNode entries, String host, ImageReference reference)
      throws IOException {
    var found = new ArrayList<Credentials>();
    for (String name : names(host, reference)) {
      for (var entry : entries.properties()) {
        if (name.equals(place(entry.getKey()))) {
          credentials(entry.getValue())
              .map(what -> what.from(file.toString()))
              .ifPresent(found::add);
        }
      }
    }
    return found;
  }

  private static List<String> names(String host, ImageReference reference) {
    var names = new ArrayList<String>();
    for (String alias : aliases(host)) {
      String name = alias + "/" + reference.repository();
      for (int end = name.length(); end > 0; end = name.lastIndexOf('/', end - 1)) {
        names.add(name.substring(0, end));
      }
    }
    return names;
  }

  private static Optional<Credentials> credentials(JsonNode entry) throws IOException {
    String identity = entry.path("identitytoken").asString("");
    if (!identity.isEmpty()) {
      return Optional.of(Credentials.identityToken(identity));
    }
    String registry = entry.path("registrytoken").asString("");
    if (!registry.isEmpty()) {
      return Optional.of(new Credentials("", registry, Credentials.Kind.REGISTRY_TOKEN));
    }
    String auth = entry.path("auth").asString("");
    if (!auth.isEmpty()) {
      return Optional.of(decode(auth));
    }
    String user = entry.path("username").asString("");
    return user.isEmpty()
        ? Optional.empty()
        : Optional.of(Credentials.password(user, entry.path("password").asString("")));
  }

  private static Credentials decode(String auth) throws IOException {
    try {
      String pair = new String(Base64.getDecoder().decode(auth), StandardCharsets.UTF_8);
      int colon = pair.indexOf(':');
      if (colon > 0) {
        String password = pair.substring(colon + 1);
        // Docker once padded passwords with zero bytes.
        return Credentials.password(pair.substring(0, colon), password.replace("\0", ""));
      }
    } catch (IllegalArgumentException e) {
      throw new IOException("auth entry is not base64", e);
    }
    throw new IOException("auth entry is not user:password");
  }

  /** Returns the names that mean the same server as {@code host}: Docker Hub has several. */
  public static Set<String> aliases(String host) {
    return switch (host) {
      case "docker.io", "index.docker.io", "registry-1.docker.io" ->
          new LinkedHashSet<>(List.of("index.docker.io", "docker.io", "registry-1.docker.io"));
      default -> Set.of(host);
    };
  }

  private static String serverUrl(String host) {
    return aliases(host).size() > 1 ? "https://index.docker.io/v1/" : host;
  }

  /** Returns an entry's server: keys may be URLs, as {@code https://index.docker.io/v1/}. */
  private static String server(String key) {
    return place(key).split("/", 2)[0];
  }

  private static String place(String key) {
    int scheme = key.indexOf("://");
    if (scheme >= 0) {
      return key.substring(scheme + 3).split("/", 2)[0];
    }
    String bare =
        key.endsWith("/v1/") || key.endsWith("/v2/") ? key.substring(0, key.length() - 4) : key;
    return bare.endsWith("/") ? bare.substring(0, bare.length() - 1) : bare;
  }
}
