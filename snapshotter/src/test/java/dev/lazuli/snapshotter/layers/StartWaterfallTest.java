package dev.lazuli.snapshotter.layers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.cache.StoreOptions;
import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.estargz.read.ChannelBlobSource;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import dev.lazuli.snapshotter.layers.serve.MountChoice;
import dev.lazuli.snapshotter.waterfall.ArrivalReason;
import dev.lazuli.snapshotter.waterfall.Waterfall;
import dev.lazuli.snapshotter.waterfall.Waterfall.Arrival;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The waterfall of files that were really fetched, by the same parts as the daemon's. */
final class StartWaterfallTest {
  private static final String IMAGE = "registry.test/program:1";

  @TempDir Path directory;

  private OciLayout layout;
  private Instant began;

  @BeforeEach
  void open() throws IOException {
    layout = OciLayout.at(directory.resolve("layout"));
    began = Instant.now();
  }

  private LayoutLayer build(List<String> first) throws IOException {
    var tree = new ImageTree().directory("usr").directory("usr/lib").directory("usr/lib/deep");
    for (int i = 0; i < 60; i++) {
      tree.file("usr/lib/deep/f" + i, FileContent.generated(100_000, i));
    }
    tree.file("usr/program", "what is run");
    return layout.addLazyLayer(tree, BuildOptions.ESTARGZ.withPrioritized(first, false));
  }

  private LayerService.Setup setup() throws IOException {
    return new LayerService.Setup(
        directory.resolve("root"),
        directory.resolve("run"),
        MountChoice.AUTO,
        StoreOptions.defaults(),
        FetchOptions.DEFAULT,
        LayersOptions.DEFAULT,
        Optional.empty(),
        Optional.empty());
  }

  private LayerFiles files(LayoutLayer layer) throws IOException, InterruptedException {
    var files = new LayerFiles(setup(), this::blob);
    var descriptor = layer.descriptor();
    files.add(TestRequests.of(IMAGE, descriptor));
    return files;
  }

  private BlobSource blob(String reference, Digest digest, long size) throws IOException {
    return new ChannelBlobSource(FileChannel.open(layout.blob(digest.toString())));
  }

  private static Arrival of(Waterfall waterfall, String file) {
    return waterfall.arrivals().stream()
        .filter(arrival -> arrival.file().equals(file))
        .findFirst()
        .orElseThrow(() -> new AssertionError(file + " among " + waterfall.arrivals()));
  }

  @Test
  void demandedFile_waited_andBroughtItsNeighboursAlong() throws Exception {
    try (var files = files(build(List.of()))) {
      assertThat(files.read("/usr/lib/deep/f30")).isEqualTo(100_000);

      var waterfall = files.waterfall(IMAGE, began);

      assertThat(waterfall.image()).isEqualTo(IMAGE);
      assertThat(waterfall.layers()).hasSize(1);
      var layer = waterfall.layers().getFirst();
      assertThat(layer.requestedMicros()).isBetween(0L, layer.mountedMicros());
      assertThat(layer.completeMicros()).isEqualTo(-1);
      assertThat(layer.contentBytes()).isEqualTo(60 * 100_000 + 11);
      assertThat(waterfall.waits()).hasSize(1);
      var wait = waterfall.waits().getFirst();
      assertThat(wait.file()).isEqualTo("/usr/lib/deep/f30");
      assertThat(wait.failed()).isFalse();
      assertThat(wait.sinceMicros()).isGreaterThanOrEqualTo(layer.mountedMicros());
      var arrival = of(waterfall, "/usr/lib/deep/f30");
      assertThat(arrival.source()).isEqualTo(ArrivalReason.DEMAND);
      assertThat(arrival.bytes()).isEqualTo(100_000);
      assertThat(arrival.arrivedMicros()).isBetween(arrival.beganMicros(), waterfall.untilMicros());
      var range = waterfall.ranges().get(arrival.range());
      assertThat(range.source()).isEqualTo(ArrivalReason.DEMAND);
      assertThat(range.openedMicros()).isBetween(wait.sinceMicros(), arrival.arrivedMicros());
      assertThat(range.firstByteMicros()).isBetween(range.openedMicros(), arrival.arrivedMicros());
      assertThat(waterfall.arrivals())
          .allMatch(a -> a.chunk() == arrival.chunk() || a.source() == ArrivalReason.NEIGHBOUR);
      // More may have arrived between the list and the sum.
      assertThat(waterfall.ahead().bytes())
          .isGreaterThanOrEqualTo((waterfall.arrivals().size() - 1) * 100_000L);
      assertThat(waterfall.ahead().readBytes()).isZero();
    }
  }

  @Test
  void completedLayer_tellsOfTheBackground_inFewEvents() throws Exception {
    try (var files = files(build(List.of()))) {
      files.complete();

      var waterfall = files.waterfall(IMAGE, began);

      assertThat(waterfall.layers().getFirst().completeMicros()).isPositive();
      assertThat(waterfall.waits()).isEmpty();
      assertThat(waterfall.arrivals())
          .allMatch(arrival -> arrival.source() == ArrivalReason.BACKGROUND);
      assertThat(waterfall.arrivals().stream().mapToInt(Arrival::chunks).sum()).isEqualTo(61);
      assertThat(waterfall.arrivals().size()).isLessThan(61);
      assertThat(waterfall.ranges()).allMatch(range -> range.endedMicros() >= range.openedMicros());
      assertThat(waterfall.ranges().stream().mapToLong(Waterfall.Range::bytes).sum())
          .isLessThanOrEqualTo(waterfall.layers().getFirst().blobBytes());
    }
  }

  @Test
  void prioritisedFiles_arePrefetched() throws Exception {
    try (var files = files(build(List.of("usr/program", "usr/lib/deep/f40")))) {
      Eventually.until(() -> files.waterfall(IMAGE, began).arrivals().size() >= 2);

      var waterfall = files.waterfall(IMAGE, began);

      assertThat(of(waterfall, "/usr/program").source()).isEqualTo(ArrivalReason.PREFETCH);
      assertThat(of(waterfall, "/usr/lib/deep/f40").source()).isEqualTo(ArrivalReason.PREFETCH);
      assertThat(waterfall.waits()).isEmpty();
    }
  }
}
