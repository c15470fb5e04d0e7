package dev.lazuli.snapshotter.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How registries are reached: the table {@code registry}. */
final class RegistrySettings {
  private static final Duration HOUR = Duration.ofHours(1);

  static final Setting<Map<String, List<String>>> MIRRORS =
      new Setting<>(
          "registry.mirrors",
          SettingKind.table("a table: registry = list of hosts or URLs"),
          Map.of(),
          "Hosts to ask before a registry, in this order; http:// before a host means plain HTTP."
              + " Used only for registries that have no folder in hosts_dir, and only if there is"
              + " no _default folder; a folder that has only the entry for pull secrets does not"
              + " count.");
  static final Setting<Optional<Path>> HOSTS_DIR =
      new Setting<>(
          "registry.hosts_dir",
          SettingKind.path().orEmpty(),
          Optional.of(Path.of("/etc/containerd/certs.d")),
          "containerd's directory of hosts.toml files: mirrors, certificates, headers. Empty:"
              + " none.");
  static final Setting<List<String>> PLAIN_HTTP =
      new Setting<>(
          "registry.plain_http",
          SettingKind.texts("a list of hosts, with or without port"),
          List.of(),
          "Registries that are reached over plain HTTP; localhost always is.");
  static final Setting<List<String>> INSECURE_TLS =
      new Setting<>(
          "registry.insecure_tls",
          SettingKind.texts("a list of hosts, with or without port"),
          List.of(),
          "Registries whose certificates are not verified.");
  static final Setting<List<Path>> CA_FILES =
      new Setting<>(
          "registry.ca_files",
          SettingKind.paths(),
          List.of(),
          "PEM files of certificate authorities to trust in addition to the system's.");
  static final Setting<Optional<Path>> DOCKER_CONFIG =
      new Setting<>(
          "registry.docker_config",
          SettingKind.path().orEmpty(),
          Optional.empty(),
          "Directory of Docker's config.json with credentials and helpers. Empty: $DOCKER_CONFIG,"
              + " or ~/.docker if that is not set.");
  static final Setting<Boolean> KUBELET =
      new Setting<>(
          "registry.kubelet",
          SettingKind.flag(),
          true,
          "Whether images are also pulled with the node's credentials of the kubelet: those of its"
              + " credential providers, found by its flags, and of /var/lib/kubelet/config.json.");
  static final Setting<Optional<String>> PULL_SECRETS =
      new Setting<>(
          "registry.pull_secrets",
          SettingKind.loopbackAndPort().orEmpty(),
          Optional.empty(),
          "Address on the loopback interface at which containerd hands over the pull secrets of"
              + " pods; see install.md. Empty: none.");
  static final Setting<Integer> CONNECTIONS =
      new Setting<>(
          "registry.connections",
          SettingKind.integer(1, 1024),
          32,
          "Maximum number of connections to one server; should not be below fetch.streams.");
  static final Setting<Duration> CONNECT_TIMEOUT =
      new Setting<>(
          "registry.connect_timeout",
          SettingKind.duration(Duration.ofMillis(1), HOUR),
          Duration.ofSeconds(5),
          "Longest wait for a TCP connection.");
  static final Setting<Duration> HEADERS_TIMEOUT =
      new Setting<>(
          "registry.headers_timeout",
          SettingKind.duration(Duration.ofMillis(1), HOUR),
          Duration.ofSeconds(15),
          "Longest wait from a request to the headers of its response.");
  static final Setting<Duration> IDLE_TIMEOUT =
      new Setting<>(
          "registry.idle_timeout",
          SettingKind.duration(Duration.ofMillis(1), HOUR),
          Duration.ofSeconds(15),
          "Longest silence inside a body; a slow body may take as long as it likes.");
  static final Setting<Integer> ATTEMPTS =
      new Setting<>(
          "registry.attempts",
          SettingKind.integer(1, 100),
          5,
          "How many rounds are made over a registry's hosts; each round asks each host once.");
  static final Setting<Duration> RETRY_WAIT =
      new Setting<>(
          "registry.retry_wait",
          SettingKind.duration(Duration.ofMillis(1), HOUR),
          Duration.ofMillis(50),
          "Wait before the second round; doubles each time, with jitter.");
  static final Setting<Duration> MAX_RETRY_WAIT =
      new Setting<>(
          "registry.max_retry_wait",
          SettingKind.duration(Duration.ofMillis(1), HOUR),
          Duration.ofSeconds(10),
          "Longest wait between rounds, even if the server asks for more.");

  static final List<Setting<?>> ALL =
      List.of(
          MIRRORS,
          HOSTS_DIR,
          PLAIN_HTTP,
          INSECURE_TLS,
          CA_FILES,
          DOCKER_CONFIG,
          KUBELET,
          PULL_SECRETS,
          CONNECTIONS,
          CONNECT_TIMEOUT,
          HEADERS_TIMEOUT,
          IDLE_TIMEOUT,
          ATTEMPTS,
          RETRY_WAIT,
          MAX_RETRY_WAIT);

  private RegistrySettings() {}
}
