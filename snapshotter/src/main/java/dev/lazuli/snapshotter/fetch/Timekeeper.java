package dev.lazuli.snapshotter.fetch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Tells that time has passed: often while something goes on, seldom while nothing does. Has a
 * thread of its own, which nothing but {@link #stop} ends. Thread-safe.
 */
final class Timekeeper {
  /** How often to tell. */
  enum Pace {
    /** How exact deadlines, retries and stall checks are: 20 ms. */
    BUSY(20),
    /** When nobody is served and nothing runs, what waits can wait for 100 ms more. */
    QUIET(100),
    /** When there is nothing to do, only to show that time is kept: 1 s. */
    IDLE(1000);

    private final long nanos;

    Pace(long millis) {
      this.nanos = TimeUnit.MILLISECONDS.toNanos(millis);
    }

    boolean isSoonerThan(Pace other) {
      return nanos < other.nanos;
    }
  }

  /** Takes the news. */
  @FunctionalInterface
  interface Ticked {
    /** Time has passed; returns how soon to tell again. */
    Pace tick();
  }

  private final Ticked ticked;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private boolean stopped;

  @GuardedBy("lock")
  private boolean hurried;

  Timekeeper(Ticked ticked) {
    this.ticked = ticked;
  }

  void start() {
    Thread.ofVirtual().name("lazuli-fetch-timer").start(this::keepTime);
  }

  /** Something goes on again. */
  void hurry() {
    lock.lock();
    try {
      hurried = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void stop() {
    lock.lock();
    try {
      stopped = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void keepTime() {
    Pace pace = Pace.IDLE;
    while (pause(pace)) {
      pace = ticked.tick();
    }
  }

  /** Returns false once it is stopped. */
  private boolean pause(Pace pace) {
    lock.lock();
    try {
      long left = pace.nanos;
      while (left > 0 && !stopped && !(hurried && pace != Pace.BUSY)) {
        left = changed.awaitNanos(left);
      }
      hurried = false;
      return !stopped;
    } catch (InterruptedException e) {
      return true; // Nobody may interrupt this thread; without it no deadline is kept.
    } finally {
      lock.unlock();
    }
  }
}
