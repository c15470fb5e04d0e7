package dev.lazuli.snapshotter.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All keys of the configuration file, in the order in which they are documented. A key exists once:
 * here. Reading, checking, the default file and the documentation's test all go by this list.
 */
final class Settings {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final List<Setting<?>> ALL = new ArrayList<>();

  static final Setting<Path> ROOT =
      key(
          "root",
          SettingKind.path(),
          Path.of("/var/lib/lazuli"),
          "Where layers and snapshots are kept.");
  static final Setting<Path> STATE =
      key(
          "state",
          SettingKind.path(),
          Path.of("/run/lazuli"),
          "Where sockets and the FUSE mount are; need not survive a reboot.");
  static final Setting<Optional<Path>> ADDRESS =
      key(
          "address",
          SettingKind.path().orEmpty(),
          Optional.empty(),
          "Unix socket of the snapshots service, the address of containerd's proxy plugin. Empty:"
              + " lazuli.sock in the state directory.");

  static final Setting<LogLevel> LOG_LEVEL =
      key(
          "log.level",
          SettingKind.choice(LogLevel.class),
          LogLevel.INFO,
          "The least important events that are logged.");
  static final Setting<LogFormat> LOG_FORMAT =
      key(
          "log.format",
          SettingKind.choice(LogFormat.class),
          LogFormat.TEXT,
          "How the log on standard error is written.");

  static final Setting<Map<String, List<String>>> MIRRORS =
      key(
          "registry.mirrors",
          SettingKind.table("a table: registry = list of hosts or URLs"),
          Map.of(),
          "Hosts to ask before a registry, in this order; http:// before a host means plain HTTP."
              + " What hosts_dir says about a registry comes first.");
  static final Setting<Optional<Path>> HOSTS_DIR =
      key(
          "registry.hosts_dir",
          SettingKind.path().orEmpty(),
          Optional.of(Path.of("/etc/containerd/certs.d")),
          "containerd's directory of hosts.toml files: mirrors, certificates, headers. Empty:"
              + " none.");
  static final Setting<List<String>> PLAIN_HTTP =
      key(
          "registry.plain_http",
          SettingKind.texts("a list of hosts, with or without port"),
          List.of(),
          "Registries that are reached over plain HTTP; localhost always is.");
  static final Setting<List<String>> INSECURE_TLS =
      key(
          "registry.insecure_tls",
          SettingKind.texts("a list of hosts, with or without port"),
          List.of(),
          "Registries whose certificates are not verified.");
  static final Setting<List<Path>> CA_FILES =
      key(
          "registry.ca_files",
          SettingKind.paths(),
          List.of(),
          "PEM files of certificate authorities to trust in addition to the system's.");
  static final Setting<Optional<Path>> DOCKER_CONFIG =
      key(
          "registry.docker_config",
          SettingKind.path().orEmpty(),
          Optional.empty(),
          "Directory of Docker's config.json with credentials and helpers. Empty: $DOCKER_CONFIG,"
              + " or ~/.docker if that is not set.");
  static final Setting<Integer> CONNECTIONS =
      key(
          "registry.connections",
          SettingKind.integer(1, 1024),
          32,
          "Maximum number of connections to one server; should not be below fetch.streams.");
  static final Setting<Duration> CONNECT_TIMEOUT =
      key(
          "registry.connect_timeout",
          SettingKind.duration(Duration.ofMillis(1), HOUR),
          seconds(5),
          "Longest wait for a TCP connection.");
  static final Setting<Duration> HEADERS_TIMEOUT =
      key(
          "registry.headers_timeout",
          SettingKind.duration(Duration.ofMillis(1), HOUR),
          seconds(15),
          "Longest wait from a request to the headers of its response.");
  static final Setting<Duration> IDLE_TIMEOUT =
      key(
          "registry.idle_timeout",
          SettingKind.duration(Duration.ofMillis(1), HOUR),
          seconds(15),
          "Longest silence inside a body; a slow body may take as long as it likes.");
  static final Setting<Integer> ATTEMPTS =
      key(
          "registry.attempts",
          SettingKind.integer(1, 100),
          5,
          "How often a request is tried at one host before the next host is asked.");
  static final Setting<Duration> RETRY_WAIT =
      key(
          "registry.retry_wait",
          SettingKind.duration(Duration.ofMillis(1), HOUR),
          Duration.ofMillis(50),
          "Wait before the second attempt; doubles each time, with jitter.");
  static final Setting<Duration> MAX_RETRY_WAIT =
      key(
          "registry.max_retry_wait",
          SettingKind.duration(Duration.ofMillis(1), HOUR),
          seconds(10),
          "Longest wait between attempts, even if the server asks for more.");

  static final Setting<Integer> STREAMS =
      key(
          "fetch.streams",
          SettingKind.integer(2, 256),
          8,
          "Maximum number of ranges that the whole node fetches at the same time. Each takes about"
              + " half a MiB of memory.");
  static final Setting<Long> UNIT =
      key(
          "fetch.unit",
          SettingKind.size(),
          256L << 10,
          "Smallest amount to ask for in one request: a miss brings its missing neighbours along,"
              + " up to this size.");
  static final Setting<Duration> READ_DEADLINE =
      key(
          "fetch.read_deadline",
          SettingKind.duration(seconds(1), HOUR),
          seconds(60),
          "How long a read waits for its bytes before it fails with EIO.");
  static final Setting<Boolean> BACKGROUND =
      key(
          "fetch.background",
          SettingKind.flag(),
          true,
          "Whether the rest of a layer is fetched in the background after it has been mounted.");
  static final Setting<Duration> BACKGROUND_DELAY =
      key(
          "fetch.background_delay",
          SettingKind.duration(Duration.ZERO, HOUR),
          Duration.ofMillis(500),
          "How long a layer must have been without a miss before its background fetch starts.");
  static final Setting<Integer> BACKGROUND_STREAMS =
      key(
          "fetch.background_streams",
          SettingKind.integer(1, 256),
          3,
          "Maximum number of ranges that background fetches have open at the same time.");
  static final Setting<Long> BACKGROUND_BANDWIDTH =
      key(
          "fetch.background_bandwidth",
          SettingKind.size(),
          0L,
          "Maximum bytes per second for background fetches. 0: no limit.");
  static final Setting<Integer> BACKGROUND_REQUESTS =
      key(
          "fetch.background_requests",
          SettingKind.integer(0, 100_000),
          0,
          "Maximum requests per second for background fetches. 0: no limit.");

  static final Setting<Long> QUOTA =
      key(
          "cache.quota",
          SettingKind.size(),
          0L,
          "Disk space for layers. When they take more, what has not been used for longest is"
              + " removed. 0: no limit.");
  static final Setting<Optional<Long>> RESERVE =
      key(
          "cache.reserve",
          SettingKind.size().orEmpty(),
          Optional.empty(),
          "Disk space to leave free for others. When less than this is free, only what readers wait"
              + " for is fetched. Empty: a twentieth of the file system, 10GiB at most. 0: none.");
  static final Setting<Integer> OPEN_LAYERS =
      key(
          "cache.open_layers",
          SettingKind.integer(0, 100_000),
          64,
          "How many unused layers stay open for their next user.");
  static final Setting<Integer> REUSE_ENTRIES =
      key(
          "cache.reuse_entries",
          SettingKind.integer(0, 1 << 24),
          1 << 18,
          "How many chunk digests to remember, so that equal chunks of other layers are copied"
              + " instead of fetched. Each takes 16 bytes. 0: none.");
  static final Setting<Duration> CHECKPOINT =
      key(
          "cache.checkpoint",
          SettingKind.duration(seconds(1), HOUR),
          seconds(30),
          "How often new content is synced, so that it need not be verified again after a crash of"
              + " the machine.");

  static final Setting<MountWay> WAY =
      key(
          "mount.way",
          SettingKind.choice(MountWay.class),
          MountWay.AUTO,
          "How layers are mounted.");
  static final Setting<Duration> MOUNT_TIMEOUT =
      key(
          "mount.timeout",
          SettingKind.duration(Duration.ofMillis(1), HOUR),
          seconds(30),
          "How long to try to mount a layer before containerd is told to unpack it instead.");
  static final Setting<Long> INDEX_MEMORY =
      key(
          "mount.index_memory",
          SettingKind.size(64L << 20, 64L << 30),
          512L << 20,
          "Maximum memory, apart from the heap, for all layers that are being prepared for"
              + " mounting. A layer of two million files takes 410 MiB. A layer that needs more"
              + " than this limit is pulled whole.");
  static final Setting<Boolean> KEEPER =
      key(
          "mount.keeper",
          SettingKind.flag(),
          true,
          "Whether a small process holds the FUSE connection while the daemon is away, so that"
              + " containers survive its restart.");
  static final Setting<Duration> KEEPER_PATIENCE =
      key(
          "mount.keeper_patience",
          SettingKind.duration(seconds(1), Duration.ofHours(24)),
          Duration.ofMinutes(5),
          "How long the keeper waits for the next daemon before waiting reads fail.");

  static final Setting<Boolean> PREFETCH =
      key(
          "prefetch.enabled",
          SettingKind.flag(),
          true,
          "Whether anything is fetched before it is read: what a layer's prefetch landmark or"
              + " prefetch.size covers, and head starts.");
  static final Setting<Long> PREFETCH_SIZE =
      key(
          "prefetch.size",
          SettingKind.size(),
          0L,
          "How much of a layer's beginning is fetched at once if neither a landmark nor a label"
              + " says.");
  static final Setting<Long> HEAD_START =
      key(
          "prefetch.head_start",
          SettingKind.size(),
          32L << 20,
          "Maximum to fetch at once of what the program in an image's configuration needs to start."
              + " Costs two small requests for each image. 0: no head starts.");

  static final Setting<List<String>> LAZY_FROM =
      key(
          "layers.lazy_from",
          SettingKind.texts("a list of images, as registry/repository with * for anything"),
          List.of("*"),
          "Images that may be mounted before their content is proved, as registry/repository with"
              + " * for anything; all others are pulled whole.");
  static final Setting<Boolean> ONE_TENANT =
      key(
          "layers.one_tenant",
          SettingKind.flag(),
          false,
          "Whether layers and chunks on this node are shared with every image. Otherwise only"
              + " within a repository, or where the image's own registry has the layer too.");

  static final Setting<Boolean> ALLOW_UNVERIFIED =
      key(
          "verification.allow_unverified",
          SettingKind.flag(),
          false,
          "Whether a client may ask by label for layers whose table of contents cannot be"
              + " verified.");

  static final Setting<Boolean> PROOF =
      key(
          "proof.enabled",
          SettingKind.flag(),
          true,
          "Whether each layer's whole blob is read once, to prove that the layer is what its image"
              + " says. What readers fetched before that is then fetched a second time.");
  static final Setting<List<String>> PROOF_SKIP =
      key(
          "proof.skip",
          SettingKind.texts(
              "a list of registries, registry.example:5000, and repositories,"
                  + " registry.example/team/app or registry.example/team/"),
          List.of(),
          "Registries and repositories whose layers are not proved.");
  static final Setting<Boolean> PROOF_BEFORE_LOCAL =
      key(
          "proof.before_local",
          SettingKind.flag(),
          true,
          "Whether a complete layer stays mounted lazily until it is proved.");
  static final Setting<Integer> PROOF_PASSES =
      key(
          "proof.passes",
          SettingKind.integer(1, 64),
          2,
          "Maximum number of blobs that are read whole at the same time.");

  static final Setting<Long> RECORD_SIZE =
      key(
          "status.record_size",
          SettingKind.size(),
          1L << 20,
          "Memory for the record of what was fetched when, which lazuli status --waterfall draws;"
              + " the oldest is forgotten first. 0: no record.");

  static final Setting<Optional<String>> METRICS_ADDRESS =
      key(
          "metrics.address",
          SettingKind.hostAndPort().orEmpty(),
          Optional.empty(),
          "Address at which Prometheus metrics are served over HTTP, at /metrics. Empty: none.");

  private Settings() {}

  /** Returns every setting, tables together and in order. */
  static List<Setting<?>> all() {
    return List.copyOf(ALL);
  }

  private static <T> Setting<T> key(String key, SettingKind<T> kind, T preset, String text) {
    var setting = new Setting<>(key, kind, preset, text);
    ALL.add(setting);
    return setting;
  }

  private static Duration seconds(long seconds) {
    return Duration.ofSeconds(seconds);
  }
}
