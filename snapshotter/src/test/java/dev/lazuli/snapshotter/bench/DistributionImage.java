package dev.lazuli.snapshotter.bench;

import dev.lazuli.demo.images.GeneratedContent;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import java.io.IOException;
import java.util.Random;

/**
 * An image that is made like those of a distribution: a layer of as many entries as the base system
 * of Debian has, and two of packages above it.
 */
final class DistributionImage {
  /** Entries of a Debian base system. */
  private static final int BASE_ENTRIES = 6280;

  private static final int PACKAGE_ENTRIES = 1500;
  private static final int FILES_OF_DIRECTORY = 12;
  private static final int SMALL_BYTES = 12_000;
  private static final int LARGE_BYTES = 4 << 20;
  private static final int EVERY_SECOND_BLOCK = 2; // is noise, the others compress well
  private static final int DEPTH = 4;

  private DistributionImage() {}

  /**
   * Makes it in {@code layout}, by the tag {@code 1}.
   *
   * @param seed images of different seeds share no chunk
   */
  static void build(OciLayout layout, int seed) throws IOException {
    var image = new ImageBuilder(layout).encoding(LayerEncoding.ESTARGZ);
    image.layer(tree(new Random(seed), BASE_ENTRIES));
    image.layer(tree(new Random(seed + 1L), PACKAGE_ENTRIES));
    image.layer(tree(new Random(seed + 2L), PACKAGE_ENTRIES / 10));
    var _ = image.build("1");
  }

  private static ImageTree tree(Random random, int entries) {
    var tree = new ImageTree();
    var directory = "usr";
    tree.directory(directory);
    while (tree.size() < entries) {
      var depth = directory.chars().filter(c -> c == '/').count();
      var parent = depth < DEPTH ? directory : "usr";
      directory = parent + "/directory" + random.nextInt(1 << 30);
      tree.directory(directory);
      for (int i = 0; i < FILES_OF_DIRECTORY; i++) {
        var path = directory + "/file-of-a-package." + i;
        if (i == 3) {
          tree.symlink(path, "../file-of-a-package.1");
        } else {
          tree.file(path, content(random, 1 + random.nextInt(SMALL_BYTES)));
        }
        tree.modified(ImageTree.EPOCH.plusSeconds(random.nextInt(1 << 24)));
      }
    }
    return tree.file("usr/large", content(random, LARGE_BYTES));
  }

  private static GeneratedContent content(Random random, int bytes) {
    return new GeneratedContent(bytes, random.nextInt(1 << 30), EVERY_SECOND_BLOCK);
  }
}
