package dev.lazuli.snapshotter.e2e.images;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.images.HostFiles;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.snapshotter.e2e.Node;
import dev.lazuli.testimages.containerd.ContainerdExtension;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Images that name one layer several times, as builds do that revert a change or change nothing.
 */
final class RepeatedLayersIT {
  @RegisterExtension static final ContainerdExtension BED = new ContainerdExtension();

  private static final Map<String, String> EXPECTED =
      Map.of(
          "reverted",
          "one",
          "adjacent",
          "one",
          "empty",
          "two",
          "everything",
          "one",
          "mixed",
          "one");

  private static TestRegistry registry;
  private static Node node;

  @BeforeAll
  static void start() throws IOException {
    registry = BED.closeAtEnd(TestRegistry.start());
    var layout = OciLayout.at(BED.directory().resolve("repeated"));
    var shell = new HostFiles().program(Path.of("/bin/sh")).tree();
    var base = layout.addLayer(shell, LayerEncoding.ESTARGZ);
    var one = layout.addLayer(version("one"), LayerEncoding.ESTARGZ);
    var two = layout.addLayer(version("two"), LayerEncoding.ZSTD_CHUNKED);
    var empty = layout.addLayer(new ImageTree(), LayerEncoding.ESTARGZ);
    var ordinary = layout.addLayer(new ImageTree().file("o", "o"), LayerEncoding.GZIP);
    build(layout, "reverted", base, one, two, one);
    build(layout, "adjacent", base, two, one, one);
    build(layout, "empty", base, empty, one, empty, two, empty);
    build(layout, "everything", base, one, base, one, base, one);
    build(layout, "mixed", base, one, ordinary, two, ordinary, one);
    registry.serve("repeated", layout);
    node = Node.start(BED);
  }

  private static ImageTree version(String text) {
    return new ImageTree().file("v", text + "\n");
  }

  private static void build(OciLayout layout, String tag, LayoutLayer... layers)
      throws IOException {
    var image = new ImageBuilder(layout);
    for (var layer : layers) {
      image.layer(layer);
    }
    var _ = image.build(tag);
  }

  @AfterEach
  void forgetImages() throws IOException {
    node.removeAllImages();
    node.awaitNothingLeft();
  }

  @Test
  void image_showsItsUppermostLayersWhileTheyAreLazy() throws IOException {
    useWay("auto");
    for (var tag : EXPECTED.keySet()) {
      assertShows(tag, EXPECTED.get(tag));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"erofs-loop", "fuse-tree"})
  void image_showsItsUppermostLayersByOtherWays(String way) throws IOException {
    useWay(way);

    assertShows("mixed", "one");
  }

  @Test
  void completeLayers_areNamedOnceToo() throws IOException {
    node.restartDaemon();
    node.rpull(registry.reference("repeated", "reverted")).check();
    node.await("all layers are local", () -> node.localLayers() == 3);

    assertShows("reverted", "one");
  }

  private static void assertShows(String tag, String version) throws IOException {
    var reference = registry.reference("repeated", tag);
    node.rpull(reference).check();

    assertThat(node.shell(reference, tag, "read v < /v; echo $v")).as(tag).isEqualTo(version);
  }

  private static void useWay(String way) throws IOException {
    var setting = "mount.way=" + way;
    if (!node.runsWith(setting, "fetch.background=false")) {
      node.restartDaemon(setting, "fetch.background=false");
    }
  }
}
