package dev.lazuli.snapshotter.waterfall;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.bridge.erofs.CorruptImageException;
import dev.lazuli.bridge.erofs.ErofsImage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableSet;
import org.jspecify.annotations.Nullable;

/**
 * Finds the files whose content lies at given places of a layer's data file: one walk through the
 * metadata image, which holds no more than the path from the root to where it is.
 */
final class FileNames {
  private static final int REGULAR = 1;
  private static final int DIRECTORY = 2;

  /** A path is at most 4096 bytes long on Linux. */
  private static final int MOST_DEPTH = 2048;

  /** A directory that the walk is in, and where it goes on there. */
  private static final class Level {
    final long directory;
    final int pathLength;
    long cookie;

    Level(long directory, int pathLength) {
      this.directory = directory;
      this.pathLength = pathLength;
    }
  }

  private final ErofsImage image;
  private final NavigableSet<Long> wanted;
  private final Map<Long, String> found = new HashMap<>();
  private final Deque<Level> levels = new ArrayDeque<>();
  private final StringBuilder path = new StringBuilder();
  private @Nullable Level below;

  private FileNames(ErofsImage image, NavigableSet<Long> wanted) {
    this.image = image;
    this.wanted = wanted;
  }

  /**
   * Returns the path of a file for each place that lies in one; of hard links the first.
   *
   * @param meta the metadata image
   * @param wanted offsets in the data file
   * @throws IOException if the image cannot be read or is damaged
   */
  static Map<Long, String> of(Path meta, NavigableSet<Long> wanted) throws IOException {
    if (wanted.isEmpty()) {
      return Map.of();
    }
    try (var image = ErofsImage.open(meta)) {
      var names = new FileNames(image, wanted);
      names.walk();
      return names.found;
    }
  }

  private void walk() throws IOException {
    long directories = 1;
    levels.push(new Level(image.rootNid(), 0));
    while (!levels.isEmpty() && found.size() < wanted.size()) {
      var level = levels.element();
      path.setLength(level.pathLength);
      below = null;
      image.forEachEntry(
          level.directory,
          level.cookie,
          (names, offset, length, nid, type, next) -> {
            level.cookie = next;
            return visit(names.asSlice(offset, length), nid, type);
          });
      if (below == null) {
        levels.pop();
      } else if (++directories > image.inodeCount() || levels.size() == MOST_DEPTH) {
        throw new IOException("a cycle of directories at " + path);
      } else {
        levels.push(below);
      }
    }
  }

  /** Takes an entry; returns false to go into the directory that it is. */
  private boolean visit(MemorySegment name, long nid, int type) throws CorruptImageException {
    if (type == REGULAR) {
      file(name, nid);
    } else if (type == DIRECTORY && !isDots(name)) {
      path.append('/').append(text(name));
      below = new Level(nid, path.length());
      return false;
    }
    return true;
  }

  private void file(MemorySegment name, long nid) throws CorruptImageException {
    long start = image.dataOffset(nid);
    if (start < 0) {
      return;
    }
    for (long place : wanted.subSet(start, start + image.size(nid))) {
      found.putIfAbsent(place, path + "/" + text(name));
    }
  }

  private static boolean isDots(MemorySegment name) {
    long length = name.byteSize();
    return name.get(JAVA_BYTE, 0) == '.'
        && (length == 1 || (length == 2 && name.get(JAVA_BYTE, 1) == '.'));
  }

  private static String text(MemorySegment name) {
    return UTF_8.decode(name.asByteBuffer()).toString();
  }
}
