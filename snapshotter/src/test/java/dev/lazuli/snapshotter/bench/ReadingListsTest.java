package dev.lazuli.snapshotter.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.snapshotter.bench.ReadingLists.Order;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ReadingListsTest {
  private static final int FILES = 200;

  @ParameterizedTest
  @EnumSource(Order.class)
  void share_isThatOfTheBytes_whateverTheOrder(Order order) throws IOException {
    var lists = new ReadingLists().add(files());

    assertThat(lists.bytes(order, 0)).isZero();
    for (int share : DensityImages.SHARES) {
      double wanted = (double) lists.bytes() * share / 100.0;
      assertThat((double) lists.bytes(order, share))
          .isBetween(wanted - FILES, Math.min((double) lists.bytes(), wanted * 1.05));
    }
    assertThat(lists.bytes(order, 100)).isEqualTo(lists.bytes());
  }

  @Test
  void fileThatALayerAboveReplacesOrHides_countsAsThatLayerHasIt() throws IOException {
    var lower =
        new ImageTree()
            .file("a", FileContent.generated(10, 1))
            .file("b/c", FileContent.generated(100, 1))
            .file("d", FileContent.generated(1_000, 1));
    var upper = new ImageTree().file("a", FileContent.generated(7, 1)).whiteout("b").whiteout("d");

    assertThat(new ReadingLists().add(lower).add(upper).bytes()).isEqualTo(7);
  }

  private static ImageTree files() {
    var tree = new ImageTree();
    for (int i = 1; i <= FILES; i++) {
      tree.file("f" + i, FileContent.generated(i, i));
    }
    return tree;
  }
}
