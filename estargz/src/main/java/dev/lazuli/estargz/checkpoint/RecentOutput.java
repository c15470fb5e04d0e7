package dev.lazuli.estargz.checkpoint;

import java.nio.ByteBuffer;
import java.util.Arrays;

/** The last bytes that came out of a decompressor: {@value #KEPT_BYTES}, or more. One thread. */
final class RecentOutput {
  /** A window, and as much as can come out of 48 bits. */
  private static final int KEPT_BYTES = 48 << 10;

  private static final int MOST_BYTES = 96 << 10;

  private final byte[] bytes = new byte[KEPT_BYTES + MOST_BYTES];
  private int count;
  private long end;

  /** Forgets everything; the next byte has this place. */
  void begin(long place) {
    count = 0;
    end = place;
  }

  /** Returns the place of the next byte. */
  long end() {
    return end;
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

  /**
   * Returns the last bytes before a place, as many as a window has or as are here.
   *
   * @param from the first place that counts
   */
  byte[] before(long place, long from) {
    int to = (int) (count - (end - place));
    long most = Math.min(ReferredBytes.WINDOW_BYTES, place - from);
    return Arrays.copyOfRange(bytes, (int) Math.max(0, to - most), to);
  }

  /** Returns whether all is here of what {@link #before} is asked for. */
  boolean has(long place, long from) {
    long most = Math.min(ReferredBytes.WINDOW_BYTES, place - from);
    return place <= end && place - most >= end - count;
  }
}
