package dev.lazuli.testimages.waiting;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.awaitility.core.ConditionTimeoutException;
import org.awaitility.core.ThrowingRunnable;
import org.awaitility.pollinterval.IterativePollInterval;

/**
 * Waits for a condition instead of for time: it looks often, and gives up so late that only what
 * never comes is missed, not what a busy machine is slow about.
 */
public final class Eventually {
  /** How long anything may take. */
  public static final Duration PATIENCE = Duration.ofSeconds(50);

  private static final Duration INTERVAL = Duration.ofMillis(5);
  private static final Duration LONGEST_INTERVAL = Duration.ofMillis(50);

  private Eventually() {}

  /**
   * Waits until a condition holds.
   *
   * @throws ConditionTimeoutException if it does not come to hold
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
   * @throws ConditionTimeoutException if it does not come to hold
   */
  public static void asserted(ThrowingRunnable assertion) {
    await(PATIENCE).untilAsserted(assertion);
  }

  /**
   * Waits for what another process does: looks less often the longer it takes.
   *
   * @param condition may throw what says that it cannot come to hold any more
   * @param explanation what to say if it does not come to hold, such as a log
   * @throws AssertionError if it does not come to hold
   */
  public static void until(
      Duration patience, Callable<Boolean> condition, Callable<String> explanation)
      throws IOException {
    try {
      await(patience)
          .pollInterval(IterativePollInterval.iterative(Eventually::later, INTERVAL))
          .until(condition);
    } catch (ConditionTimeoutException e) {
      throw new AssertionError("not within " + patience + ": " + said(explanation), e);
    }
  }

  private static Duration later(Duration last) {
    var next = last.multipliedBy(2);
    return next.compareTo(LONGEST_INTERVAL) < 0 ? next : LONGEST_INTERVAL;
  }

  private static String said(Callable<String> explanation) throws IOException {
    try {
      return explanation.call();
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
  }

  private static ConditionFactory await(Duration patience) {
    return Awaitility.await()
        .pollInSameThread()
        .pollDelay(Duration.ZERO)
        .pollInterval(INTERVAL)
        .atMost(patience);
  }
}
