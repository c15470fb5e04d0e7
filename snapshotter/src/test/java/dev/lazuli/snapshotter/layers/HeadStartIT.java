package dev.lazuli.snapshotter.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.snapshotter.start.TinyElf;
import dev.lazuli.snapshotter.waterfall.ArrivalReason;
import dev.lazuli.snapshotter.waterfall.Waterfall;
import dev.lazuli.testimages.registry.Fault;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The daemon's own way to a head start, from a mount to files that need no registry any more. */
@Timeout(120)
final class HeadStartIT {
  @TempDir private Path directory;

  private NodeRig node() throws IOException {
    var tree = new ImageTree().directory("bin").directory("usr").directory("usr/lib");
    tree.file("bin/sh", FileContent.of(new TinyElf().needs("libx.so.1").build()));
    tree.file("usr/lib/filler", FileContent.generated(4_000_000, 1));
    tree.file("usr/lib/libx.so.1", FileContent.of(new TinyElf().build()));
    return new NodeRig(
        directory,
        directory.resolve("root"),
        tree,
        Long.MAX_VALUE,
        LayersOptions.DEFAULT.withBackgroundFetch(false),
        RegistryOrigin::new);
  }

  private static List<String> prefetched(NodeRig node, Instant began) throws IOException {
    return node.service.layers().waterfall(node.reference(), began).arrivals().stream()
        .filter(arrival -> arrival.source() == ArrivalReason.PREFETCH)
        .map(Waterfall.Arrival::file)
        .toList();
  }

  @Test
  void programOfTheConfiguration_isHere_beforeAnythingReads() throws Exception {
    var began = Instant.now();
    try (var node = node();
        var layer = node.mount()) {
      Eventually.until(
          () -> prefetched(node, began).containsAll(List.of("/bin/sh", "/usr/lib/libx.so.1")));
      node.registry.faults().always(_ -> true, Fault.status(503));

      assertThat(Files.readAllBytes(layer.lowerDir().resolve("bin/sh"))).isNotEmpty();
      assertThat(Files.readAllBytes(layer.lowerDir().resolve("usr/lib/libx.so.1"))).isNotEmpty();
      assertThatThrownBy(() -> Files.readAllBytes(layer.lowerDir().resolve("usr/lib/filler")))
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void layer_whoseFilesAreHeldALittleLonger_isRemovedAllTheSame() throws Exception {
    try (var node = node()) {
      var layer = node.mount();
      var digest = layer.digest();
      var open = node.service.layers().inUse(digest).flatMap(SharedLayer::ifOpen).orElseThrow();
      var held = open.forStart();

      layer.close();
      assertThat(node.service.diskBytes()).isPositive();
      held.close();

      Eventually.until(() -> node.service.diskBytes() == 0);
      assertThat(node.service.layers().actions().status()).isEmpty();
    }
  }
}
