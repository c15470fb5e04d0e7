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
   * @param what it is that is waited for, for the error's message
   * @throws org.awaitility.core.ConditionTimeoutException if it does not come to hold
   */
  public static void until(String what, Callable<Boolean> condition) {
    await(what, PATIENCE).until(condition);
  }

  /** As {@link #until(String, Callable)}, for what may take longer than anything else. */
  public static void until(String what, Duration patience, Callable<Boolean> condition) {
    await(what, patience).until(condition);
  }

  /**
   * Waits until an assertion holds; the error that it last failed with tells why it never did.
   *
   * @throws org.awaitility.core.ConditionTimeoutException if it does not come to hold
   */
  public static void asserted(ThrowingRunnable assertion) {
    await("assertion", PATIENCE).untilAsserted(assertion);
  }

  private static ConditionFactory await(String what, Duration patience) {
    return Awaitility.await(what)
        .pollInSameThread()
        .pollDelay(Duration.ZERO)
        .pollInterval(INTERVAL)
        .atMost(patience);
  }
}
