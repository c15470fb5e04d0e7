package dev.lazuli.estargz.checkpoint;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** The last bytes that came out of a decompressor: {@value #KEPT_BYTES}, or more. One thread. */
final class RecentOutput {
  /** A window, and what comes out while a checkpoint behind it is found and tried. */
  private static final int KEPT_BYTES = 128 << 10;

  private static final int MOST_BYTES = 64 << 10;

  private final byte[] bytes = new byte[KEPT_BYTES + MOST_BYTES];
  private int count;
  private long end;

  /** Forgets everything; the next byte has this place. */
  void begin(long place) {
    count = 0;
    end = place;
  }

  /**
   * Takes what came out, which is left as it is. What was kept before it still is.
   *
   * @param output at most {@value #MOST_BYTES}
   */
  void add(ByteBuffer output) {
    int more = output.remaining();
    if (more > bytes.length - count) {
      int kept = Math.min(count, KEPT_BYTES);
      System.arraycopy(bytes, count - kept, bytes, 0, kept);
      count = kept;
    }
    output.get(output.position(), bytes, count, more);
    count += more;
    end += more;
  }

  /** Returns whether all bytes from one place to another are here. */
  boolean has(long from, long to) {
    return from >= end - count && from <= to && to <= end;
  }

  /** Returns a copy of the bytes from one place to another, which are here. */
  byte[] copy(long from, long to) {
    return Arrays.copyOfRange(bytes, index(from), index(to));
  }

  private int index(long place) {
    return (int) (count - (end - place));
  }
}
