package dev.lazuli.snapshotter.layers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.images.ImageTree;
import java.io.IOException;
import java.util.ArrayList;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ImageDirectoryTest extends HeadStartRig {
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 63, 64, 65, 128, 1000})
  void directories_areVisitedOnceEach_howeverMany(int count)
      throws IOException, InterruptedException {
    var tree = new ImageTree().file("a-file", "text").file("name30-a-file", "text");
    var expected = new TreeSet<String>();
    for (int i = 0; i < count; i++) {
      tree.directory("name" + i);
      expected.add("name" + i);
    }
    layer(tree);

    var visited = new ArrayList<String>();
    ImageDirectory.root(layers.getFirst().image()).forEachDirectory(visited::add);

    assertThat(visited).containsExactlyInAnyOrderElementsOf(expected);
  }
}
