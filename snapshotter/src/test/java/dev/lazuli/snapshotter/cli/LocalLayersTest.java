package dev.lazuli.snapshotter.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.snapshotter.layers.LayerRequest;
import dev.lazuli.testimages.images.ImageBuilder;
import dev.lazuli.testimages.images.ImageTree;
import dev.lazuli.testimages.images.OciLayout;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LocalLayersTest {
  @TempDir private Path directory;

  @Test
  void layerThatOccursTwice_isHighestWhereItOccursLast() throws Exception {
    var layout = OciLayout.at(directory);
    var image =
        new ImageBuilder(layout)
            .layer(new ImageTree().file("v", "one"))
            .layer(new ImageTree().file("v", "two"));
    var one = image.layers().getFirst();
    var two = image.layers().getLast();
    var _ = image.layer(one).build("1");

    try (var layers = LocalLayers.open(directory + ":1")) {
      assertThat(layers.requests())
          .extracting(LayerRequest::digest)
          .containsExactly(two.descriptor().digest(), one.descriptor().digest());
    }
  }
}
