package dev.lazuli.snapshotter.layers.index;

import com.google.errorprone.annotations.MustBeClosed;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets a few layers be indexed at the same time, and of one registry no more than half of them: a
 * registry that sends its bytes slowly holds up nobody else's. Safe for use by several threads.
 */
final class IndexTurns {
  private final int most;
  private final int mostOfOne;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition freed = lock.newCondition();

  @GuardedBy("lock")
  private final Map<String, Integer> taken = new HashMap<>();

  @GuardedBy("lock")
  private int all;

  IndexTurns(int most) {
    this.most = most;
    this.mostOfOne = Math.max(1, most / 2);
  }

  /** A turn, given back when it is closed. */
  @FunctionalInterface
  interface Turn extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Waits for a turn.
   *
   * @param registry whose layer it is for
   * @throws IOException if there is none within the time
   */
  @MustBeClosed
  Turn take(String registry, Duration patience) throws IOException, InterruptedException {
    long left = patience.toNanos();
    lock.lockInterruptibly();
    try {
      while (all >= most || taken.getOrDefault(registry, 0) >= mostOfOne) {
        if (left <= 0) {
          throw new IOException(
              "%d layers are being indexed, %d of them from %s: no turn within %s"
                  .formatted(all, taken.getOrDefault(registry, 0), registry, patience));
        }
        left = freed.awaitNanos(left);
      }
      all++;
      taken.merge(registry, 1, Integer::sum);
      return () -> giveBack(registry);
    } finally {
      lock.unlock();
    }
  }

  private void giveBack(String registry) {
    lock.lock();
    try {
      all--;
      taken.computeIfPresent(registry, (_, count) -> count == 1 ? null : count - 1);
      freed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
