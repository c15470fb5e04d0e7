package dev.lazuli.snapshotter.cli;

import dev.lazuli.snapshotter.config.Configuration;
import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.layers.LayerService;
import dev.lazuli.snapshotter.layers.RemoteLayers;
import dev.lazuli.snapshotter.registry.ImageReference;
import dev.lazuli.snapshotter.registry.RegistryClient;
import dev.lazuli.snapshotter.snapshots.SnapshotterOptions;
import dev.lazuli.snapshotter.snapshots.SnapshotterServer;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code lazuli daemon}: serves containerd until it is told to stop. */
@Command(
    name = "daemon",
    description = "Serve containerd's snapshots and mount layers lazily, until SIGTERM or SIGINT.")
final class DaemonCommand implements Callable<Integer> {
  private static final Logger log = LoggerFactory.getLogger(DaemonCommand.class);

  @Mixin private ConfigurationOptions configuration = new ConfigurationOptions();

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  @Override
  public Integer call() throws Exception {
    long started = System.nanoTime();
    var config = configuration.load();
    Logging.configure(config.log().format(), config.log().level());
    Files.createDirectories(config.root());
    Files.createDirectories(config.state());
    var stop = new CountDownLatch(1);
    var stopped = new CountDownLatch(1);
    try {
      var layers = layers(config);
      var server =
          SnapshotterServer.start(
              new SnapshotterOptions(
                  config.root(), config.address(), NodeOptions.mountTimeout(config)),
              layers);
      parts.push(server);
      stopOnSignal(stop, stopped);
      log.info(
          "serving {} after {} ms", config.address(), (System.nanoTime() - started) / 1_000_000);
      stop.await();
      log.info("stopping");
    } finally {
      closeAll();
      stopped.countDown();
    }
    return 0;
  }

  /** Layers that cannot be mounted lazily must not keep the node from pulling images. */
  private RemoteLayers layers(Configuration config) throws IOException {
    var registry = new RegistryClient(NodeOptions.registry(config.registry(), System.getenv()));
    parts.push(registry);
    try {
      var service =
          LayerService.open(
              NodeOptions.layers(config),
              (reference, digest, size) -> registry.blob(parse(reference), digest, size),
              FetchListener.NONE);
      parts.push(service);
      return service.layers();
    } catch (IOException e) {
      log.error("no layer is mounted lazily: {}", e.getMessage());
      return RemoteLayers.none();
    }
  }

  private static ImageReference parse(String reference) throws IOException {
    try {
      return ImageReference.parse(reference);
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private static void stopOnSignal(CountDownLatch stop, CountDownLatch stopped) {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  stop.countDown();
                  try {
                    stopped.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                },
                "lazuli-stop"));
  }

  private void closeAll() {
    while (!parts.isEmpty()) {
      var part = parts.pop();
      try {
        part.close();
      } catch (Exception e) {
        log.warn("closing {}: {}", part.getClass().getSimpleName(), e.toString());
      }
    }
  }
}
