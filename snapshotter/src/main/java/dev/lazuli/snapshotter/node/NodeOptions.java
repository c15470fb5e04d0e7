package dev.lazuli.snapshotter.node;

import dev.lazuli.cache.StoreOptions;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.registry.credentials.CredentialChain;
import dev.lazuli.registry.credentials.DockerConfig;
import dev.lazuli.registry.credentials.KubeletProviders;
import dev.lazuli.registry.model.CredentialsProvider;
import dev.lazuli.registry.model.Mirror;
import dev.lazuli.registry.model.ProxyRules;
import dev.lazuli.snapshotter.bulk.BulkOptions;
import dev.lazuli.snapshotter.config.Configuration;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import dev.lazuli.snapshotter.layers.Keeping;
import dev.lazuli.snapshotter.layers.LayerService;
import dev.lazuli.snapshotter.layers.LayersOptions;
import dev.lazuli.snapshotter.layers.Tenancy;
import dev.lazuli.snapshotter.layers.index.IndexOptions;
import dev.lazuli.snapshotter.layers.serve.MountChoice;
import dev.lazuli.snapshotter.proof.ProofOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Turns the configuration into the options of the parts that it configures. */
public final class NodeOptions {
  /**
   * A system property that tests set to {@code false}: then the kernel is treated as one that
   * cannot resend FUSE requests, like those before Linux 6.9. Operators have no use for it.
   */
  static final String RESEND = "lazuli.test.resend";

  /** What the kubelet itself pulls with, in the same format as Docker's. */
  private static final Path KUBELET_CONFIG = Path.of("/var/lib/kubelet/config.json");

  private NodeOptions() {}

  /**
   * Returns how a daemon with this configuration reaches registries, with the pull secrets that it
   * has kept. Pull secrets that come later are not seen.
   *
   * @throws IllegalArgumentException if the configuration's values do not fit together
   */
  public static RegistryOptions registry(Configuration from, Map<String, String> environment) {
    return registryBuilder(from.registry(), environment)
        .credentials(credentials(from, environment))
        .build();
  }

  /** Returns what the configuration says of registries, without pull secrets, to add to. */
  public static RegistryOptions.Builder registryBuilder(
      Configuration.Registry from, Map<String, String> environment) {
    var options =
        RegistryOptions.builder()
            .connectTimeout(from.connectTimeout())
            .headersTimeout(from.headersTimeout())
            .idleBodyTimeout(from.idleTimeout())
            .connectionsPerHost(from.connections())
            .attempts(from.attempts())
            .retryWait(from.retryWait(), from.maxRetryWait())
            .proxies(ProxyRules.of(environment))
            .credentials(credentials(from, environment));
    from.plainHttp().forEach(options::plainHttpHost);
    from.insecureTls().forEach(options::insecureTlsHost);
    from.caFiles().forEach(options::caCertificate);
    from.hostsDirectory().ifPresent(options::hostsDirectory);
    from.mirrors()
        .forEach(
            (registry, hosts) ->
                options.mirrors(
                    registry, hosts.stream().map(host -> new Mirror(host, false)).toList()));
    return options;
  }

  /**
   * Returns where a daemon with this configuration finds credentials, for a command to look there
   * too: among others, the pull secrets that a daemon has kept, if this user may read them.
   */
  public static CredentialsProvider credentials(
      Configuration from, Map<String, String> environment) {
    var others = credentials(from.registry(), environment);
    var kept = pullSecrets(from);
    return keepsPullSecrets(from) && Files.isReadable(kept)
        ? new CredentialChain(List.of(HandedOver.open(kept), others))
        : others;
  }

  /** Returns whether pull secrets are handed over, by containerd or by Podman. */
  static boolean keepsPullSecrets(Configuration from) {
    return from.registry().pullSecrets().isPresent() || from.store();
  }

  /** Returns the file in which a daemon keeps pull secrets. */
  static Path pullSecrets(Configuration from) {
    return from.root().resolve("pull-secrets");
  }

  /** Returns where the configuration has credentials come from, besides pull secrets. */
  static CredentialsProvider credentials(
      Configuration.Registry from, Map<String, String> environment) {
    var docker = DockerConfig.of(withDockerConfig(from, environment));
    return from.kubelet()
        ? new CredentialChain(
            List.of(
                docker,
                new DockerConfig(KUBELET_CONFIG, environment),
                new KubeletProviders(environment)))
        : docker;
  }

  private static Map<String, String> withDockerConfig(
      Configuration.Registry from, Map<String, String> environment) {
    var all = new HashMap<>(environment);
    from.dockerConfig().ifPresent(directory -> all.put("DOCKER_CONFIG", directory.toString()));
    return all;
  }

  static LayerService.Setup layers(Configuration from) throws IOException {
    return new LayerService.Setup(
        from.root(),
        from.state(),
        MountChoice.valueOf(from.mount().way().name()),
        store(from.cache(), tenancy(from)),
        fetch(from.fetch()),
        layersOptions(from),
        keeping(from.mount()),
        Optional.empty());
  }

  private static Optional<Keeping> keeping(Configuration.Mount from) {
    if (!from.keeper()) {
      return Optional.empty();
    }
    boolean resend = !"false".equals(System.getProperty(RESEND));
    return Optional.of(new Keeping(from.keeperPatience(), resend));
  }

  /**
   * Returns what the configuration presets, for a command that mounts layers below a directory of
   * its own and takes them away when it ends: without a keeper, and without a reserve, for what it
   * fills is soon free again.
   */
  public static LayerService.Setup scratch(Path root, Path state, MountChoice choice)
      throws IOException {
    var preset = layers(Configuration.defaults());
    return new LayerService.Setup(
        root,
        state,
        choice,
        preset.store().withReserve(0),
        preset.fetch(),
        preset.layers().withBulk(BulkOptions.DEFAULT.withEnabled(false)),
        Optional.empty(),
        Optional.empty());
  }

  private static Tenancy tenancy(Configuration from) {
    return new Tenancy(from.layers().lazyFrom(), from.layers().oneTenant());
  }

  /** Returns how much of a disk the configuration leaves free for others. */
  public static long reserveOn(Configuration.Cache from, long totalBytes) throws IOException {
    return StoreOptions.defaults()
        .withReserve(from.reserveBytes().orElse(StoreOptions.DEFAULT_RESERVE))
        .reserveOn(totalBytes);
  }

  private static StoreOptions store(Configuration.Cache from, Tenancy tenancy) throws IOException {
    return StoreOptions.defaults()
        .withQuota(from.quotaBytes())
        .withReserve(from.reserveBytes().orElse(StoreOptions.DEFAULT_RESERVE))
        .withOpenLayers(from.openLayers())
        .withReuseEntries(from.reuseEntries())
        .withCheckpointInterval(from.checkpoint())
        .withReuseScope((have, lack) -> tenancy.mayCopy(have.references(), lack.references()));
  }

  private static FetchOptions fetch(Configuration.Fetch from) {
    var preset = FetchOptions.DEFAULT;
    int unit = Math.toIntExact(from.unitBytes());
    return preset
        .withMemoryForStreams(from.streams(), from.backgroundStreams(), preset.streamsPerLayer())
        .withProcessors(Runtime.getRuntime().availableProcessors())
        .withSizes(
            unit,
            Math.max(unit, preset.maximumUnit()),
            Math.max(unit, preset.prefetchRange()),
            Math.max(unit, preset.backgroundRange()))
        .withReadDeadline(from.readDeadline())
        .withBackgroundBudget(from.backgroundBytesPerSecond(), from.backgroundRequestsPerSecond());
  }

  private static LayersOptions layersOptions(Configuration from) {
    var preset = LayersOptions.DEFAULT;
    var fetch = from.fetch();
    return new LayersOptions(
        fetch.background(),
        fetch.backgroundDelay(),
        from.prefetch().enabled(),
        from.prefetch().sizeBytes(),
        from.prefetch().enabled() ? from.prefetch().headStartBytes() : 0,
        from.allowUnverified(),
        preset.availabilityInterval(),
        new IndexOptions(
            preset.indexes().parallel(), from.mount().indexBytes(), from.mount().timeout()),
        from.recordBytes(),
        tenancy(from),
        new ProofOptions(
            from.proof().enabled(),
            from.proof().skip(),
            from.proof().beforeLocal(),
            from.proof().passes()),
        new BulkOptions(
            from.bulk().enabled(),
            from.bulk().parallel(),
            from.bulk().memoryBytes(),
            BulkOptions.DEFAULT.ranges(),
            from.bulk().timeout(),
            from.bulk().indexBytes()));
  }
}
