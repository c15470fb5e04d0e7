package dev.lazuli.snapshotter.cli;

import dev.lazuli.snapshotter.config.Configuration;
import dev.lazuli.snapshotter.layers.FetchMetrics;
import dev.lazuli.snapshotter.layers.LayerActions;
import dev.lazuli.snapshotter.layers.LayerCounts;
import dev.lazuli.snapshotter.layers.LayerService;
import dev.lazuli.snapshotter.layers.RegistryOrigin;
import dev.lazuli.snapshotter.layers.RemoteLayers;
import dev.lazuli.snapshotter.metrics.Metrics;
import dev.lazuli.snapshotter.registry.RegistryClient;
import dev.lazuli.snapshotter.snapshots.SnapshotterOptions;
import dev.lazuli.snapshotter.snapshots.SnapshotterServer;
import dev.lazuli.snapshotter.status.Content;
import dev.lazuli.snapshotter.status.Routes;
import dev.lazuli.snapshotter.status.StatusServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code lazuli daemon}: serves containerd until it is told to stop. */
@Command(
    name = "daemon",
    description = {
      "Serve containerd's snapshots and mount layers lazily.",
      "SIGTERM stops it for the next daemon to go on: mounts stay. SIGINT unmounts everything."
    })
final class DaemonCommand implements Callable<Integer> {
  private static final Logger log = LoggerFactory.getLogger(DaemonCommand.class);

  @Mixin private ConfigurationOptions configuration;

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final Instant startedAt = Instant.now();
  private final Metrics metrics = new Metrics();
  private @Nullable LayerService service;
  private String noLazyMounts = "";

  /** For picocli, which fills in the options. */
  DaemonCommand() {
    this(new ConfigurationOptions());
  }

  DaemonCommand(ConfigurationOptions configuration) {
    this.configuration = configuration;
  }

  @Override
  public Integer call() throws Exception {
    var config = configuration.load();
    Logging.configure(config.log().format(), config.log().level());
    StopSignal.handle();
    Files.createDirectories(config.root());
    Files.createDirectories(config.state());
    try {
      start(config);
      var took = Duration.between(startedAt, Instant.now()).toMillis();
      log.info("serving {} after {} ms", config.address(), took);
      ServiceNotice.ready();
      var signal = StopSignal.await();
      log.info("stopping by SIG{}", signal);
      ServiceNotice.stopping();
      if (signal == StopSignal.TERM) {
        handOver();
      }
    } finally {
      closeAll();
    }
    return 0;
  }

  private void start(Configuration config) throws IOException {
    var layers = layers(config);
    var snapshots =
        SnapshotterServer.start(
            new SnapshotterOptions(config.root(), config.address(), config.mount().timeout()),
            layers,
            metrics);
    parts.push(snapshots);
    var api = api(config, snapshots);
    parts.push(StatusServer.onSocket(config.statusSocket(), api.routes()));
    if (config.metricsAddress().isPresent()) {
      var open = new Routes().get("/metrics", Content.of(Metrics.CONTENT_TYPE, metrics::write));
      parts.push(StatusServer.onAddress(address(config.metricsAddress().get()), api.health(open)));
    }
  }

  private NodeApi api(Configuration config, SnapshotterServer snapshots) {
    var opened = Optional.ofNullable(service);
    opened.ifPresent(known -> known.layers().neededBy(() -> snapshots.layerUses().keySet()));
    var actions = opened.map(known -> known.layers().actions());
    LongSupplier diskBytes = () -> opened.map(LayerService::diskBytes).orElse(0L);
    new NodeGauges(
            () -> actions.map(LayerActions::counts).orElse(LayerCounts.NONE),
            snapshots.troubles()::counts,
            diskBytes,
            config.cache().quotaBytes(),
            () -> actions.map(LayerActions::evictedBytes).orElse(0L))
        .register(metrics);
    return new NodeApi(config, startedAt, snapshots, actions, noLazyMounts, diskBytes);
  }

  /** Layers that cannot be mounted lazily must not keep the node from pulling images. */
  private RemoteLayers layers(Configuration config) throws IOException {
    var registry =
        new RegistryClient(
            NodeOptions.registry(config.registry(), System.getenv()), metrics::hostAnswered);
    parts.push(registry);
    try {
      var opened =
          LayerService.open(
              NodeOptions.layers(config), new RegistryOrigin(registry), new FetchMetrics(metrics));
      service = opened;
      parts.push(opened);
      return opened.layers();
    } catch (IOException e) {
      noLazyMounts = String.valueOf(e.getMessage());
      log.error("no layer is mounted lazily: {}", noLazyMounts);
      return RemoteLayers.none();
    }
  }

  private static InetSocketAddress address(String hostAndPort) {
    var uri = URI.create("tcp://" + hostAndPort);
    return new InetSocketAddress(uri.getHost(), uri.getPort());
  }

  /** Leaves mounts and waiting readers to the next daemon; the rest is closed as ever. */
  private void handOver() {
    var opened = service;
    if (opened != null) {
      closeThrough(opened);
      opened.handOver();
    }
  }

  /** Closes what was opened after {@code last}, and takes {@code last} off the list. */
  private void closeThrough(AutoCloseable last) {
    while (!parts.isEmpty()) {
      var part = parts.pop();
      if (part.equals(last)) {
        return;
      }
      close(part);
    }
  }

  private void closeAll() {
    while (!parts.isEmpty()) {
      close(parts.pop());
    }
  }

  private static void close(AutoCloseable part) {
    try {
      part.close();
    } catch (Exception e) {
      log.warn("closing {}: {}", part.getClass().getSimpleName(), e.toString());
    }
  }
}
