package dev.lazuli.snapshotter.bench;

import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.TreeEntry;
import dev.lazuli.demo.images.TreeEntry.Node;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/** Which files of an image to read so that a given share of all its bytes is read. */
final class ReadingLists {
  /** Where the lists lie in the image. */
  private static final String DIRECTORY = "reading";

  private static final long SEED = 2026;
  private static final int OVER = 20; // a twentieth more than the share is near enough

  /** In which order files are read. */
  enum Order {
    /** Any. */
    RANDOM,
    /** As they lie in the layers. */
    SEQUENTIAL;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * A file and its size.
   *
   * @param path without a leading slash
   */
  private record Sized(String path, long bytes) {}

  private final Map<String, Long> sizes = new LinkedHashMap<>();

  /** Adds a layer on top of those before. */
  ReadingLists add(Iterable<TreeEntry> layer) throws IOException {
    for (var entry : layer) {
      sizes.remove(entry.path());
      switch (entry.node()) {
        case Node.RegularFile(FileContent content) -> sizes.put(entry.path(), content.size());
        case Node.Whiteout() ->
            sizes.keySet().removeIf(path -> path.startsWith(entry.path() + "/"));
        default -> {}
      }
    }
    return this;
  }

  /** Returns the bytes of all files. */
  long bytes() {
    return sizes.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Returns a layer with the lists for some shares in percent, in both orders. */
  ImageTree layer(List<Integer> shares) {
    var tree = new ImageTree().directory(DIRECTORY);
    for (var order : Order.values()) {
      for (int share : shares) {
        var text = new StringBuilder();
        chosen(order, share).forEach(file -> text.append('/').append(file.path()).append('\0'));
        tree.file(name(order, share), text.toString());
      }
    }
    return tree;
  }

  /** Returns how many bytes the files of a list have. */
  long bytes(Order order, int share) {
    return chosen(order, share).stream().mapToLong(Sized::bytes).sum();
  }

  /** Returns the command that reads the files of a list and prints how many bytes they have. */
  static List<String> command(Order order, int share) {
    return List.of(
        "sh",
        "-c",
        "xargs --null --no-run-if-empty cat </%s | wc -c".formatted(name(order, share)));
  }

  private static String name(Order order, int share) {
    return "%s/%s-%d".formatted(DIRECTORY, order.word(), share);
  }

  private List<Sized> chosen(Order order, int share) {
    var all = new ArrayList<Sized>();
    sizes.forEach((path, bytes) -> all.add(new Sized(path, bytes)));
    if (order == Order.RANDOM) {
      Collections.shuffle(all, new Random(SEED));
    }
    long wanted = bytes() * share / 100;
    long most = wanted + wanted / OVER;
    long taken = 0;
    var chosen = new ArrayList<Sized>();
    for (var file : all) {
      // A file that is much too large for a small share is left out.
      if (taken < wanted && taken + file.bytes() <= most) {
        chosen.add(file);
        taken += file.bytes();
      }
    }
    return chosen;
  }
}
