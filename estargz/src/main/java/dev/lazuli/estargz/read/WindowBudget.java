package dev.lazuli.estargz.read;

import java.io.InterruptedIOException;
import java.util.concurrent.Semaphore;

/**
 * The memory that all zstd windows of a {@link DecoderPool} may take together. A frame says itself
 * how large a window it wants, so that without a budget a blob would decide how much memory a node
 * needs. Whoever finds too little left waits, first come, first served, and must hold nothing
 * meanwhile. Thread-safe.
 */
final class WindowBudget {
  private static final int UNIT = 1 << 10;

  private final Semaphore units;

  /** Makes a budget of {@code bytes}, at most 2 TiB. */
  WindowBudget(long bytes) {
    units = new Semaphore(Math.toIntExact(bytes / UNIT), /* fair= */ true);
  }

  /**
   * Takes what a window needs, and waits for it.
   *
   * @param window its size in bytes, at most the whole budget
   * @return what to give back
   */
  int take(long window) throws InterruptedIOException {
    int wanted = unitsOf(window);
    try {
      units.acquire(wanted);
      return wanted;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for memory for a zstd window");
    }
  }

  void give(int taken) {
    units.release(taken);
  }

  /** Returns whether somebody waits. */
  boolean isWanted() {
    return units.hasQueuedThreads();
  }

  /** Returns how many bytes are free. */
  long freeBytes() {
    return (long) units.availablePermits() * UNIT;
  }

  /** Returns what {@link #take} takes for the window. */
  static int unitsOf(long window) {
    return Math.toIntExact((window + UNIT - 1) / UNIT);
  }
}
