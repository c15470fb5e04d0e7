package dev.lazuli.bridge.erofs;

import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageTree;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A tree like that of an image with an interpreter: 800 directories, 10,000 files of sizes as they
 * are in such images (median 4 KiB, few large), one of 96 MiB. The same everywhere.
 */
final class BenchTree {
  static final int SMALL_BYTES = 16 << 10;
  static final String BIG = "big";
  static final long BIG_BYTES = 96 << 20;
  private static final int DIRECTORIES = 800;
  private static final int FILES = 10_000;

  /** A file of the tree. */
  record Entry(String path, long size) {}

  final ImageTree tree = new ImageTree();
  final List<Entry> files = new ArrayList<>();

  BenchTree() {
    var random = new Random(5);
    var directories = new ArrayList<String>();
    tree.directory("");
    for (int i = 0; i < DIRECTORIES; i++) {
      boolean top = i < 20;
      var parent = top ? "" : directories.get(random.nextInt(i)) + "/";
      directories.add(parent + "package-" + i);
      tree.directory(directories.getLast());
    }
    for (int i = 0; i < FILES; i++) {
      add(directories.get(random.nextInt(DIRECTORIES)) + "/module_" + i + ".py", size(random), i);
    }
    add(BIG, BIG_BYTES, FILES);
  }

  private static long size(Random random) {
    long size = Math.round(4096 * Math.exp(1.8 * random.nextGaussian()));
    return Math.clamp(size, 1, 4 << 20);
  }

  private void add(String path, long size, int seed) {
    tree.file(path, FileContent.generated(size, seed));
    files.add(new Entry(path, size));
  }
}
