package dev.lazuli.snapshotter.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that an operator can set. Values have been checked one by one; see {@code
 * docs/configuration.md}.
 *
 * @param root where layers and snapshots are kept
 * @param state where sockets and the FUSE mount are
 * @param address unix socket of the snapshots service
 * @param log the daemon's log
 * @param registry how registries are reached
 * @param fetch how content is fetched
 * @param cache what is kept on disk
 * @param mount how layers are mounted
 * @param prefetch what is fetched before it is read
 * @param layers whose layers are mounted and shared
 * @param allowUnverified whether a label may ask for layers that cannot be verified
 * @param proof which layers are proved to be what their image says
 * @param recordBytes memory for the record of what was fetched when
 * @param metricsAddress {@code host:port} of the Prometheus endpoint
 * @param bulk how layers without an index are pulled
 * @param store whether there is an additional layer store for Podman and CRI-O
 * @param indexes where others' indexes are looked for
 */
public record Configuration(
    Path root,
    Path state,
    Path address,
    Log log,
    Registry registry,
    Fetch fetch,
    Cache cache,
    Mount mount,
    Prefetch prefetch,
    LayerPolicy layers,
    boolean allowUnverified,
    Proof proof,
    long recordBytes,
    Optional<String> metricsAddress,
    Bulk bulk,
    boolean store,
    Indexes indexes) {

  /** Where the configuration is read from unless the command line says otherwise. */
  public static final Path DEFAULT_FILE = Path.of("/etc/lazuli/config.toml");

  /**
   * The daemon's log.
   *
   * @param level the least important events that are logged
   * @param format how they are written
   */
  public record Log(LogLevel level, LogFormat format) {}

  /**
   * Whose layers are mounted and shared.
   *
   * @param lazyFrom images that may be mounted lazily, with {@code *} for anything
   * @param oneTenant whether everybody on the node may read what anybody has pulled
   */
  public record LayerPolicy(List<String> lazyFrom, boolean oneTenant) {
    /** Copies the list. */
    public LayerPolicy {
      lazyFrom = List.copyOf(lazyFrom);
    }
  }

  /**
   * How registries are reached.
   *
   * @param mirrors for a registry, hosts or URLs asked before it, in order
   * @param hostsDirectory containerd's {@code certs.d}
   * @param plainHttp hosts reached over plain HTTP
   * @param insecureTls hosts whose certificates are not verified
   * @param caFiles PEM files of further authorities
   * @param dockerConfig directory of Docker's {@code config.json}; empty for Docker's own rule
   * @param kubelet whether the kubelet's credentials of the node are used, too
   * @param pullSecrets {@code host:port} at which containerd hands over pull secrets
   * @param connections most connections to one server
   * @param connectTimeout longest wait for a TCP connection
   * @param headersTimeout longest wait for a response's headers
   * @param idleTimeout longest silence inside a body
   * @param attempts how often a request is tried at one host
   * @param retryWait wait before the second attempt
   * @param maxRetryWait longest wait between attempts
   */
  public record Registry(
      Map<String, List<String>> mirrors,
      Optional<Path> hostsDirectory,
      List<String> plainHttp,
      List<String> insecureTls,
      List<Path> caFiles,
      Optional<Path> dockerConfig,
      boolean kubelet,
      Optional<String> pullSecrets,
      int connections,
      Duration connectTimeout,
      Duration headersTimeout,
      Duration idleTimeout,
      int attempts,
      Duration retryWait,
      Duration maxRetryWait) {}

  /**
   * How content is fetched.
   *
   * @param streams most ranges at the same time
   * @param unitBytes least that is asked for in one request
   * @param readDeadline longest that a read waits for its bytes
   * @param background whether layers are fetched to the end
   * @param backgroundDelay quiet time before a layer's background fetch
   * @param backgroundStreams most ranges of background fetches at the same time
   * @param backgroundBytesPerSecond bandwidth of background fetches, 0 for no limit
   * @param backgroundRequestsPerSecond requests of background fetches, 0 for no limit
   */
  public record Fetch(
      int streams,
      long unitBytes,
      Duration readDeadline,
      boolean background,
      Duration backgroundDelay,
      int backgroundStreams,
      long backgroundBytesPerSecond,
      int backgroundRequestsPerSecond) {}

  /**
   * What is kept on disk.
   *
   * @param quotaBytes disk space for layers, 0 for no limit
   * @param reserveBytes disk space that is left free for others; empty for what suits the file
   *     system's size
   * @param openLayers unused layers that stay open
   * @param reuseEntries chunk digests remembered for reuse between layers
   * @param checkpoint how often new content is synced
   */
  public record Cache(
      long quotaBytes,
      Optional<Long> reserveBytes,
      int openLayers,
      int reuseEntries,
      Duration checkpoint) {}

  /**
   * How layers are mounted.
   *
   * @param way the way to mount, or to choose one
   * @param timeout longest try to mount a layer
   * @param indexBytes most memory off the heap for layers that are being indexed
   * @param keeper whether a process keeps the FUSE connection over a restart
   * @param keeperPatience how long it waits for the next daemon
   * @param rehearsal whether a made-up image is pulled when the daemon is ready
   */
  public record Mount(
      MountWay way,
      Duration timeout,
      long indexBytes,
      boolean keeper,
      Duration keeperPatience,
      boolean rehearsal) {}

  /**
   * What is fetched before it is read.
   *
   * @param enabled whether landmarks and the size are obeyed
   * @param sizeBytes what to fetch of a layer without a landmark
   * @param headStartBytes most to fetch of what an image's program needs to start
   */
  public record Prefetch(boolean enabled, long sizeBytes, long headStartBytes) {}

  /**
   * Which layers are proved to be what their image says.
   *
   * @param enabled whether any are
   * @param skip registries and repositories whose layers are not
   * @param beforeLocal whether a complete layer stays mounted lazily until it was proved
   * @param passes most blobs read at the same time
   */
  public record Proof(boolean enabled, List<String> skip, boolean beforeLocal, int passes) {}

  /**
   * How layers without an index are pulled.
   *
   * @param enabled whether this daemon pulls them at all
   * @param parallel most layers at the same time
   * @param memoryBytes memory for bytes that come early
   * @param timeout longest that a client waits for one layer
   * @param indexBytes disk space for indexes that are kept
   */
  public record Bulk(
      boolean enabled, int parallel, long memoryBytes, Duration timeout, long indexBytes) {}

  /**
   * Where indexes of layers are looked for, and pushed to.
   *
   * @param sideRepository repository of indexes, with its registry
   * @param referrers whether what refers to an image's manifest is asked for
   * @param soci whether SOCI's are used
   * @param publish images of which this node pushes indexes to the side repository
   * @param publishDelay how long after a pull it does so at most
   */
  public record Indexes(
      Optional<String> sideRepository,
      boolean referrers,
      boolean soci,
      List<String> publish,
      Duration publishDelay) {
    /** Copies the list. */
    public Indexes {
      publish = List.copyOf(publish);
    }
  }

  /** Returns the unix socket on which the daemon tells its status. */
  public Path statusSocket() {
    return state.resolve("status.sock");
  }

  /** Returns where Podman and CRI-O find layers, if they do. */
  public Path storeDirectory() {
    return root.resolve("store");
  }

  /** Returns the configuration of a node without a file. */
  public static Configuration defaults() {
    return new Values(Map.of()).configuration();
  }

  /**
   * Reads a file.
   *
   * @param file the file; it must exist unless it is {@link #DEFAULT_FILE}
   * @param overrides keys that the command line sets, such as {@code fetch.streams}; they win over
   *     the file
   * @throws ConfigurationException if the file is missing or malformed, or a key or value is wrong
   */
  public static Configuration load(Path file, Map<String, String> overrides)
      throws ConfigurationException {
    return ConfigFile.read(file, overrides).configuration();
  }

  /** Returns the text of a file that explains every key, each commented out with its default. */
  public static String defaultFile() {
    return Setting.file(Settings.all());
  }
}
