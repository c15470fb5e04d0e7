package dev.lazuli.snapshotter.layers;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.demo.images.BlobDescriptor;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.fetch.plan.FetchFailedException;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import dev.lazuli.snapshotter.layers.serve.MountChoice;
import dev.lazuli.testimages.registry.TestRegistry;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.slf4j.LoggerFactory;

/** A registry with an image of one layer, and a node that mounts it. */
final class NodeRig implements AutoCloseable {
  /** With background fetch that begins half a second after a mount. */
  static final LayersOptions SOON =
      LayersOptions.DEFAULT.withBackgroundDelay(Duration.ofMillis(100));

  final TestRegistry registry;
  final BlobDescriptor layer;
  final LayerService service;

  /** How many reads wait for content. */
  final AtomicInteger waiting = new AtomicInteger();

  private final RegistryClient client;
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();

  /**
   * Builds and serves the image below {@code directory} and keeps layers in {@code root}.
   *
   * @param background whether layers are fetched whole
   */
  NodeRig(Path directory, Path root, ImageTree tree, long quota, boolean background)
      throws IOException {
    this(directory, root, tree, quota, LayersOptions.DEFAULT.withBackgroundFetch(background));
  }

  /** Builds the same, with layers that are filled in another way. */
  NodeRig(Path directory, Path root, ImageTree tree, long quota, LayersOptions options)
      throws IOException {
    this(directory, root, tree, quota, options, NodeRig::blobsOf);
  }

  /** Builds the same, with layers from another origin. */
  NodeRig(
      Path directory,
      Path root,
      ImageTree tree,
      long quota,
      LayersOptions options,
      Function<RegistryClient, LayerOrigin> origin)
      throws IOException {
    assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "needs root and /dev/fuse to mount layers");
    var layout = OciLayout.at(directory.resolve("layout"));
    var manifest = new ImageBuilder(layout).encoding(LayerEncoding.ESTARGZ).layer(tree).build("1");
    layer = layout.layers(manifest).getFirst();
    registry = TestRegistry.start();
    registry.serve("image", layout);
    client = new RegistryClient(RegistryOptions.builder().build());
    log.start();
    logger().addAppender(log);
    service =
        LayerService.open(
            new LayerService.Setup(
                root,
                directory.resolve("run"),
                MountChoice.AUTO,
                StoreOptions.defaults().withQuota(quota),
                FetchOptions.DEFAULT.withReadDeadline(Duration.ofSeconds(3)),
                options,
                Optional.empty(),
                Optional.empty()),
            origin.apply(client),
            new Waiting());
  }

  /** Counts the readers that wait. */
  private final class Waiting implements FetchListener {
    @Override
    public void demandWaits(String of, int from, int to) {
      waiting.incrementAndGet();
    }

    @Override
    public void demandServed(String of, int from, int to, long nanos) {
      waiting.decrementAndGet();
    }

    @Override
    public void demandFailed(String of, FetchFailedException reason) {
      waiting.decrementAndGet();
    }
  }

  private static LayerOrigin blobsOf(RegistryClient client) {
    return (reference, digest, size) -> client.blob(ImageReference.parse(reference), digest, size);
  }

  private static Logger logger() {
    return (Logger) LoggerFactory.getLogger("dev.lazuli");
  }

  String reference() {
    return registry.host() + "/image:1";
  }

  RemoteLayer mount() throws IOException, InterruptedException {
    return service.layers().mount(TestRequests.of(reference(), layer));
  }

  /** Returns when the scheduler has looked again and again for something to do. */
  void awaitTicks(int ticks) {
    for (int i = 0; i < ticks; i++) {
      awaitTick();
    }
  }

  private void awaitTick() {
    var last = new AtomicReference<>(Duration.ZERO);
    Eventually.until(
        () -> {
          var since = service.sinceTick();
          return since.compareTo(last.getAndSet(since)) < 0;
        });
  }

  /** Returns what the registry has sent of the layer. */
  long sentBytes() {
    return registry.counters().blob(layer.digest()).bodyBytes();
  }

  /** Returns what was logged so far. */
  List<String> log() {
    return List.copyOf(log.list).stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  /** Makes the kernel forget the pages of a file, so that it asks for them again. */
  static void dropPages(Path file) throws IOException, InterruptedException {
    run("dd", "if=" + file, "iflag=nocache", "count=0", "status=none");
  }

  static void run(String... command) throws IOException, InterruptedException {
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + ": " + output);
    }
  }

  @Override
  public void close() throws IOException {
    logger().detachAppender(log);
    service.close();
    client.close();
    registry.close();
  }
}
