package dev.lazuli.snapshotter.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.demo.images.BlobDescriptor;
import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import dev.lazuli.snapshotter.layers.serve.MountChoice;
import dev.lazuli.snapshotter.layers.serve.ServedLayers;
import dev.lazuli.testimages.registry.Fault;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** What a registry corrupts is an I/O error that names layer, chunk and digests. */
final class WrongBytesIT {
  private static final int SIZE = 200_000;

  @TempDir Path directory;

  private final ListAppender<ILoggingEvent> log = new ListAppender<>();

  @BeforeEach
  void needsMounts() {
    assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "needs root and /dev/fuse to mount layers");
    log.start();
    ((Logger) LoggerFactory.getLogger(ServedLayers.class)).addAppender(log);
  }

  @Test
  void corruptedChunk_isAnErrorAndItsNeighboursAreRight() throws Exception {
    var good = new GeneratedContent(SIZE, 1, GeneratedContent.NOISE);
    var bad = new GeneratedContent(SIZE, 2, GeneratedContent.NOISE);
    var layout = OciLayout.at(directory.resolve("layout"));
    var manifest =
        new ImageBuilder(layout)
            .encoding(LayerEncoding.ESTARGZ)
            .layer(new ImageTree().file("bad", bad).file("good", good))
            .build("latest");
    var layer = layout.layers(manifest).getFirst();

    try (var registry = TestRegistry.start();
        var client = new RegistryClient(RegistryOptions.builder().build());
        var service = open(client)) {
      registry.serve("corrupt", layout);
      registry.faults().always(_ -> true, new Fault.WrongBytes(SIZE / 2, 16));

      try (var mounted = service.layers().mount(request(registry, layer))) {
        assertThatThrownBy(() -> Files.readAllBytes(mounted.lowerDir().resolve("bad")))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("Input/output error");
        try (var expected = good.open()) {
          assertThat(Files.readAllBytes(mounted.lowerDir().resolve("good")))
              .isEqualTo(expected.readAllBytes());
        }
      }
    }
    assertThat(log.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .anySatisfy(
            line ->
                assertThat(line)
                    .contains(layer.digest())
                    .containsPattern("chunk \\d+")
                    .containsPattern("(?s)[0-9a-f]{64}.*[0-9a-f]{64}.*[0-9a-f]{64}"));
  }

  private LayerService open(RegistryClient client) throws IOException {
    return LayerService.open(
        new LayerService.Setup(
            directory.resolve("root"),
            directory.resolve("run"),
            MountChoice.AUTO,
            StoreOptions.defaults(),
            FetchOptions.DEFAULT.withReadDeadline(Duration.ofSeconds(10)),
            LayersOptions.DEFAULT.withBackgroundFetch(false),
            Optional.empty(),
            Optional.empty()),
        (reference, digest, size) -> client.blob(ImageReference.parse(reference), digest, size),
        FetchListener.NONE);
  }

  private static LayerRequest request(TestRegistry registry, BlobDescriptor layer) {
    return TestRequests.of(registry.host() + "/corrupt:latest", layer);
  }
}
