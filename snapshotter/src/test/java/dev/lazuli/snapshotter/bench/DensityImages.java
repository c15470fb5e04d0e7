package dev.lazuli.snapshotter.bench;

import dev.lazuli.demo.images.ContainerDefaults;
import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.ImageTree;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Images of which any share can be read: one of three layers, made of Debian packages, and one of a
 * single large layer, with generated files beside a base system.
 */
final class DensityImages {
  /** The name of the image of three layers. */
  static final String LAYERS = "layers";

  /** Every share that can be read, in percent. */
  static final List<Integer> SHARES = List.of(0, 1, 5, 20, 50, 80, 100);

  private static final long SEED = 7;
  private static final int SMALL_PERCENT = 30; // of the bytes are in files of at most 64 kB
  private static final int MOST_SMALL_BYTES = 64_000;
  private static final int LEAST_LARGE_BYTES = 1_000_000;
  private static final int MOST_LARGE_BYTES = 96_000_000;
  private static final int EVERY_SECOND_BLOCK = 2; // is noise: compresses as programs do

  private final ImageStore store;
  private final Map<String, ReadingLists> lists = new LinkedHashMap<>();

  DensityImages(ImageStore store) {
    this.store = store;
  }

  /** Makes sure that the image of three layers is there, and returns its name. */
  String layers() throws IOException {
    var debian = new DebianLayers(store);
    var packages = debian.packages(BenchImage.SCIKIT_LEARN);
    var reading =
        new ReadingLists()
            .add(debian.baseFiles())
            .add(debian.packageFiles(BenchImage.SCIKIT_LEARN));
    lists.put(LAYERS, reading);
    store.layer(
        "reading", BenchImage.SCIKIT_LEARN.packagesRecipe() + SHARES, () -> reading.layer(SHARES));
    store.image(LAYERS, ContainerDefaults.DEFAULT, List.of(debian.base(), packages, "reading"));
    return LAYERS;
  }

  /**
   * Makes sure that the image of one layer is there, and returns its name.
   *
   * @param megabytes of generated content
   */
  String fat(int megabytes) throws IOException {
    var debian = new DebianLayers(store);
    var _ = debian.base();
    var name = "fat-" + megabytes;
    var content = new ImageTree().addAll(debian.baseFiles()).addAll(generated(megabytes));
    var reading = new ReadingLists().add(content);
    lists.put(name, reading);
    store.layer(name, SEED + " " + SHARES, () -> content.addAll(reading.layer(SHARES)));
    store.image(name, ContainerDefaults.DEFAULT, List.of(name));
    return name;
  }

  /** Returns what can be read of an image that was made sure of. */
  ReadingLists reading(String name) {
    return lists.getOrDefault(name, new ReadingLists());
  }

  private static ImageTree generated(int megabytes) {
    var random = new Random(SEED);
    var tree = new ImageTree().directory("srv/data");
    long left = megabytes * 1_000_000L;
    long small = left / 100 * SMALL_PERCENT;
    for (int number = 0; left > 0; number++) {
      if (number % 1_000 == 0) {
        tree.directory("srv/data/" + number / 1_000);
      }
      long size =
          left > small
              ? random.nextInt(LEAST_LARGE_BYTES, MOST_LARGE_BYTES)
              : random.nextInt(1, MOST_SMALL_BYTES);
      size = Math.min(left, size);
      tree.file(
          "srv/data/%d/%d".formatted(number / 1_000, number),
          new GeneratedContent(size, number, EVERY_SECOND_BLOCK));
      left -= size;
    }
    return tree;
  }
}
