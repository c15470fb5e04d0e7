package dev.lazuli.snapshotter.layers.serve;

import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * Decides which of a layer's failed reads are logged: a few in each half minute, so that a dead
 * registry and a program that reads everything do not fill the disk. Thread-safe.
 */
final class FailedReads {
  private static final int MOST_LINES = 3;
  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(30);

  private long windowStart;
  private int lines;
  private long unsaid;

  /** Starts a window at {@code now}. */
  FailedReads(long now) {
    this.windowStart = now;
  }

  /**
   * Counts a failed read.
   *
   * @return how many were not logged since the last line; empty if this one is not to be logged
   */
  synchronized OptionalLong failed(long now) {
    if (now - windowStart >= WINDOW_NANOS) {
      windowStart = now;
      lines = 0;
    }
    if (lines == MOST_LINES) {
      unsaid++;
      return OptionalLong.empty();
    }
    lines++;
    long before = unsaid;
    unsaid = 0;
    return OptionalLong.of(before);
  }
}
