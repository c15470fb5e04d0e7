package dev.lazuli.testimages.waiting;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.awaitility.core.ThrowingRunnable;

/**
 * Waits for a condition instead of for time: it looks often, and gives up so late that only what
 * never comes is missed, not what a busy machine is slow about.
 */
public final class Eventually {
  /** How long anything may take. */
  public static final Duration PATIENCE = Duration.ofSeconds(50);

  private static final Duration INTERVAL = Duration.ofMillis(5);

  private Eventually() {}

  /**
   * Waits until a condition holds.
   *
   * @throws org.awaitility.core.ConditionTimeoutException if it does not come to hold
   */
  public static void until(Callable<Boolean> condition) {
    await(PATIENCE).until(condition);
  }

  /** As {@link #until(Callable)}, for what may take longer than anything should. */
  public static void until(Duration patience, Callable<Boolean> condition) {
    await(patience).until(condition);
  }

  /**
   * Waits until an assertion holds; the error that it last failed with tells why it never did.
   *
   * @throws org.awaitility.core.ConditionTimeoutException if it does not come to hold
   */
  public static void asserted(ThrowingRunnable assertion) {
    await(PATIENCE).untilAsserted(assertion);
  }

  private static ConditionFactory await(Duration patience) {
    return Awaitility.await()
        .pollInSameThread()
        .pollDelay(Duration.ZERO)
        .pollInterval(INTERVAL)
        .atMost(patience);
  }
}
