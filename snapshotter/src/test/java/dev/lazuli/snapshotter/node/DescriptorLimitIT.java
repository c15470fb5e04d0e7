package dev.lazuli.snapshotter.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.snapshotter.status.StatusClient;
import dev.lazuli.testimages.registry.TestRegistry;
import dev.lazuli.testimages.waiting.Eventually;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A daemon that may open few files: what does not fit is pulled in the ordinary way. */
@Timeout(value = 300, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class DescriptorLimitIT {
  private static final int LAYERS = 127;

  @TempDir Path directory;

  private List<LayoutLayer> serve(TestRegistry registry) throws IOException {
    var layout = OciLayout.at(directory.resolve("many"));
    var image = new ImageBuilder(layout).encoding(LayerEncoding.ESTARGZ);
    for (int i = 0; i < LAYERS; i++) {
      image.layer(new ImageTree().file("file" + i, "content " + i));
    }
    var _ = image.build("1");
    registry.serve("many", layout);
    return image.layers();
  }

  @Test
  void imageThatDoesNotFit_isPulledInPartTheOrdinaryWay_andTheDaemonRecoversByItself()
      throws Exception {
    try (var registry = TestRegistry.start();
        var bed = new NodeBed(directory)) {
      var layers = serve(registry);
      var reference = registry.host() + "/many:1";
      var limit = List.of("prlimit", "--nofile=256:256");
      var daemon = bed.start(List.of("-", "-"), limit, Map.of()).awaitServing(bed.socket());

      int lazy = 0;
      var names = new ArrayList<String>();
      for (var layer : layers) {
        names.add(layer.diffId());
        var answer = bed.calls().prepareLayer(layer.diffId(), reference, layer.descriptor());
        if (answer == Status.Code.ALREADY_EXISTS) {
          lazy++;
        } else {
          assertThat(answer).isEqualTo(Status.Code.OK);
          assertThat(bed.calls().commitLayer(layer.diffId())).isEqualTo(Status.Code.OK);
        }
      }

      assertThat(lazy).isBetween(5, LAYERS - 1);
      assertThat(layersOfStatus(bed)).isEqualTo(lazy);
      for (var name : names.reversed()) {
        assertThat(bed.calls().remove(name)).isEqualTo(Status.Code.OK);
      }
      Eventually.until(() -> layersOfStatus(bed) == 0 && bed.layerFiles().isEmpty());
      var first = layers.getFirst();
      assertThat(bed.calls().prepareLayer(first.diffId(), reference, first.descriptor()))
          .isEqualTo(Status.Code.ALREADY_EXISTS);
      assertThat(bed.calls().remove(first.diffId())).isEqualTo(Status.Code.OK);
      assertThat(daemon.log()).contains("files are open").doesNotContain("Too many open files");
      bed.endAndRequireNothingLeft();
    }
  }

  private static int layersOfStatus(NodeBed bed) throws IOException {
    return new StatusClient(bed.state().resolve("status.sock")).status().layers().size();
  }
}
