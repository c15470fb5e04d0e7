package dev.lazuli.estargz.build;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A piece of the layer's tar that is compressed on its own, and by one thread: it starts a stream
 * and ends one. Segments are cut by what they hold alone, so that the blob does not depend on how
 * many threads there are. Reusable.
 */
final class Segment {
  /** A chunk of a file in this segment. */
  record Mark(int at, TocFile.Chunk chunk, boolean ownStream) {}

  private byte[] bytes = new byte[64 << 10];
  private int length;
  final List<Mark> marks = new ArrayList<>();

  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  void clear() {
    length = 0;
    marks.clear();
  }

  /** Makes room for {@code count} more bytes and returns where they go. */
  int extend(int count) {
    var at = length;
    var needed = Math.addExact(length, count);
    if (needed > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(needed, (int) Math.min(1L << 30, 2L * bytes.length)));
    }
    length = needed;
    return at;
  }

  void append(byte[] from) {
    var at = extend(from.length);
    System.arraycopy(from, 0, bytes, at, from.length);
  }
}
