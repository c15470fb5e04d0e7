package dev.lazuli.estargz.read;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The memory that all zstd windows of a {@link DecoderPool} may take together. A frame says itself
 * how large a window it wants, so that without a budget a blob would decide how much memory a node
 * needs. Whoever finds too little left waits, first come, first served, for a minute at most, and
 * must hold nothing meanwhile. Thread-safe.
 */
final class WindowBudget {
  private static final int UNIT = 1 << 10;

  /** As long as a read may wait: nobody is left who wants what comes later. */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final Semaphore units;
  private final Duration patience;

  /** Makes a budget of {@code bytes}, at most 2 TiB. */
  WindowBudget(long bytes) {
    this(bytes, PATIENCE);
  }

  /** Makes a budget of {@code bytes} that is waited for so long. */
  WindowBudget(long bytes, Duration patience) {
    this.patience = patience;
    units = new Semaphore(Math.toIntExact(bytes / UNIT), /* fair= */ true);
  }

  /**
   * Takes what a window needs, and waits for it.
   *
   * @param window its size in bytes, at most the whole budget
   * @return what to give back
   * @throws IOException if others hold too much of the budget for too long
   */
  int take(long window) throws IOException {
    int wanted = unitsOf(window);
    try {
      if (!units.tryAcquire(wanted, patience.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new IOException(
            "no memory for a zstd window of %d bytes for %d ms: others hold it"
                .formatted(window, patience.toMillis()));
      }
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
