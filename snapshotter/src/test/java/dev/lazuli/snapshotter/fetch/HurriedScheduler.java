package dev.lazuli.snapshotter.fetch;

import dev.lazuli.estargz.Limits;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import java.time.Duration;

/**
 * A scheduler by whose clock time passes faster than by ours: its pauses between attempts, which
 * grow to seconds, are over sooner. What its options say about time is meant by our clock.
 */
public final class HurriedScheduler {
  private static final int SPEED = 20;

  private HurriedScheduler() {}

  /** Starts a scheduler. */
  public static FetchScheduler start(FetchOptions options, Limits limits, FetchListener listener) {
    long began = System.nanoTime();
    return new FetchScheduler(
        options
            .withReadDeadline(hurried(options.readDeadline()))
            .withStallTimeout(hurried(options.stallTimeout()))
            .withLeastRate(
                options.leastBytesPerSecond() / SPEED, hurried(options.leastRateWindow())),
        limits,
        listener,
        () -> began + (System.nanoTime() - began) * SPEED);
  }

  private static Duration hurried(Duration duration) {
    return duration.multipliedBy(SPEED);
  }
}
