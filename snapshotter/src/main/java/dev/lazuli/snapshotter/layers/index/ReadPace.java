package dev.lazuli.snapshotter.layers.index;

import dev.lazuli.registry.model.LeastRate;
import java.io.IOException;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How long somebody who reads a blob waits for it: until a deadline, and no longer than half a
 * minute for less than the {@link LeastRate}. For one thread.
 */
final class ReadPace {
  private static final Duration WINDOW = Duration.ofSeconds(30);
  private static final Duration STALL = Duration.ofSeconds(10);

  private final Duration timeout;
  private final LongSupplier nanoTime;
  private final long deadline;
  private final LeastRate rate = new LeastRate(WINDOW);

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
   * @throws IOException if the deadline is over
   */
  long nanosToWait() throws IOException {
    long left = deadline - nanoTime.getAsLong();
    if (left <= 0) {
      throw new IOException("not read within " + timeout);
    }
    return Math.min(left, rate.nanosToNextLook());
  }

  /** Returns the time to the deadline, 0 if it is over. */
  Duration left() {
    return Duration.ofNanos(Math.max(0, deadline - nanoTime.getAsLong()));
  }

  /** Returns how long one host may keep the reader waiting: there may be others. */
  Duration stall() {
    var third = timeout.dividedBy(3);
    return third.compareTo(STALL) < 0 ? third : STALL;
  }

  /** Returns the time, to be handed to {@link #waited}. */
  long now() {
    return nanoTime.getAsLong();
  }

  /**
   * Says that somebody has waited since then, and what came.
   *
   * @throws IOException if that was too little, for long enough
   */
  void waited(long since, int bytes) throws IOException {
    rate.received(bytes, nanoTime.getAsLong() - since);
  }
}
