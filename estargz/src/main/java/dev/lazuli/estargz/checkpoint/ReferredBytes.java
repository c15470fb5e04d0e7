package dev.lazuli.estargz.checkpoint;

import java.util.Arrays;

/**
 * To which bytes before a checkpoint the data behind it refers: the others need not be kept. For
 * one thread.
 */
final class ReferredBytes {
  /** How far back Deflate refers: 32 KiB. */
  static final int WINDOW_BYTES = 32 << 10;

  private final long[] referred = new long[WINDOW_BYTES / Long.SIZE];

  /**
   * Notes that {@code length} bytes are copied from {@code distance} before {@code behind}, a place
   * that many bytes behind the checkpoint.
   */
  void note(int behind, int distance, int length) {
    int from = WINDOW_BYTES + behind - distance;
    int to = Math.min(WINDOW_BYTES, from + length);
    for (int i = Math.max(0, from); i < to; i++) {
      referred[i / Long.SIZE] |= 1L << i;
    }
  }

  /** Notes that any byte may be referred to. */
  void noteAll() {
    Arrays.fill(referred, -1);
  }

  /**
   * Makes zeros of the bytes that nothing refers to.
   *
   * @param window the last bytes before the checkpoint, at most {@value #WINDOW_BYTES}
   */
  void clearOthers(byte[] window) {
    int missing = WINDOW_BYTES - window.length;
    for (int i = 0; i < window.length; i++) {
      int at = missing + i;
      if ((referred[at / Long.SIZE] & 1L << at) == 0) {
        window[i] = 0;
      }
    }
  }
}
