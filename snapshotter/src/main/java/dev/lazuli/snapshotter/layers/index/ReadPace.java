package dev.lazuli.snapshotter.layers.index;

import java.io.IOException;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How long somebody who reads a blob waits for it: until a deadline, and no longer than 30 seconds
 * for less than 1 KiB per second. Only time spent waiting counts for the rate. For one thread.
 */
final class ReadPace {
  private static final long WINDOW_NANOS = Duration.ofSeconds(30).toNanos();
  private static final long LEAST_BYTES = 30 << 10;

  private final Duration timeout;
  private final LongSupplier nanoTime;
  private final long deadline;
  private long waited;
  private long received;

  /**
   * Begins.
   *
   * @param timeout from now to the deadline
   * @param nanoTime a clock such as {@link System#nanoTime}
   */
  ReadPace(Duration timeout, LongSupplier nanoTime) {
    this.timeout = timeout;
    this.nanoTime = nanoTime;
    this.deadline = nanoTime.getAsLong() + timeout.toNanos();
  }

  /**
   * Returns how long to wait before asking again, in nanoseconds, above 0.
   *
   * @throws IOException if there is no reason to wait any longer
   */
  long nanosToWait() throws IOException {
    long left = deadline - nanoTime.getAsLong();
    if (left <= 0) {
      throw new IOException("not read within " + timeout);
    }
    if (waited >= WINDOW_NANOS) {
      if (received < LEAST_BYTES) {
        throw new IOException(
            "%d bytes came within %d s, fewer than 1 KiB per second"
                .formatted(received, Duration.ofNanos(waited).toSeconds()));
      }
      waited = 0;
      received = 0;
    }
    return Math.min(left, WINDOW_NANOS - waited);
  }

  /** Returns the time to the deadline, 0 if it is over. */
  Duration left() {
    return Duration.ofNanos(Math.max(0, deadline - nanoTime.getAsLong()));
  }

  /** Returns the time, to be handed to {@link #waited}. */
  long now() {
    return nanoTime.getAsLong();
  }

  /** Says that somebody has waited since then, and what came. */
  void waited(long since, int bytes) {
    waited += nanoTime.getAsLong() - since;
    received += bytes;
  }
}
