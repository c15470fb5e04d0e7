package dev.lazuli.snapshotter.locks;

import com.google.errorprone.annotations.MustBeClosed;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Lets a few things be done at the same time, and for one registry no more than half of them: a
 * registry that sends its bytes slowly holds up nobody else. One that has no turn goes before those
 * that have, and gets one beyond the most while there are some left for this. Safe for use by
 * several threads.
 */
public final class RegistryTurns {
  private final String what;
  private final int most;
  private final int mostOfOne;
  private final int mostOfAll;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition freed = lock.newCondition();

  @GuardedBy("lock")
  private final Map<String, Integer> taken = new HashMap<>();

  /** Who has waited longest since the registry last had a turn comes first. */
  @GuardedBy("lock")
  private final Set<Waiter> waiting = new LinkedHashSet<>();

  @GuardedBy("lock")
  private int all;

  /** One who waits; no two are equal. */
  private static final class Waiter {
    final String registry;

    Waiter(String registry) {
      this.registry = registry;
    }
  }

  /**
   * Makes turns that are all free.
   *
   * @param what is done in them, such as {@code "layers are being indexed"}
   * @param most how many there are, at least 1; half as many more, at least one, are for registries
   *     that have none
   */
  public RegistryTurns(String what, int most) {
    this.what = what;
    this.most = most;
    this.mostOfOne = Math.max(1, most / 2);
    this.mostOfAll = most + mostOfOne;
  }

  /** A turn, given back when it is closed. */
  @FunctionalInterface
  public interface Turn extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Waits for a turn.
   *
   * @param registry that is asked in it
   * @throws IOException if there is none within the time
   */
  @MustBeClosed
  public Turn take(String registry, Duration patience) throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      take(new Waiter(registry), patience);
      return () -> giveBack(registry);
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void take(Waiter waiter, Duration patience) throws IOException, InterruptedException {
    waiting.add(waiter);
    try {
      await(waiter, patience);
      all++;
      taken.merge(waiter.registry, 1, Integer::sum);
    } finally {
      waiting.remove(waiter);
      wakeNext();
    }
  }

  @GuardedBy("lock")
  private void await(Waiter waiter, Duration patience) throws IOException, InterruptedException {
    long left = patience.toNanos();
    while (next() != waiter) {
      if (left <= 0) {
        throw new IOException(
            "%d %s, %d of them from %s: no turn within %s"
                .formatted(all, what, held(waiter), waiter.registry, patience));
      }
      left = freed.awaitNanos(left);
    }
  }

  @GuardedBy("lock")
  private int held(Waiter waiter) {
    return taken.getOrDefault(waiter.registry, 0);
  }

  /** Returns who may have a turn now; null if nobody may. */
  @GuardedBy("lock")
  private @Nullable Waiter next() {
    Waiter next = null;
    for (var waiter : waiting) {
      int held = held(waiter);
      if (held == 0 && all < mostOfAll) {
        return waiter;
      }
      if (next == null && held < mostOfOne && all < most) {
        next = waiter;
      }
    }
    return next;
  }

  @GuardedBy("lock")
  private void wakeNext() {
    if (next() != null) {
      freed.signalAll();
    }
  }

  private void giveBack(String registry) {
    lock.lock();
    try {
      all--;
      if (taken.computeIfPresent(registry, (_, count) -> count == 1 ? null : count - 1) == null) {
        waitAnew(registry);
      }
      wakeNext();
    } finally {
      lock.unlock();
    }
  }

  /** Puts a registry that has just had a turn behind those that have waited longer for one. */
  @GuardedBy("lock")
  private void waitAnew(String registry) {
    var later = List.copyOf(waiting);
    for (var waiter : later) {
      if (waiter.registry.equals(registry) && waiting.remove(waiter)) {
        waiting.add(waiter);
      }
    }
  }
}
