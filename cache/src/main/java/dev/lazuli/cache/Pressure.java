package dev.lazuli.cache;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Tells the evictor's thread when there is work for it. Thread-safe. */
final class Pressure {
  /** What the evictor is to do. */
  enum Call {
    QUOTA,
    DISK,
    STOP
  }

  @GuardedBy("this")
  private boolean diskFull;

  @GuardedBy("this")
  private boolean stopped;

  /** Something has changed that the evictor may want to look at. */
  synchronized void signal() {
    notifyAll();
  }

  /** A write for a reader has found no room on the disk. */
  synchronized void diskFull() {
    diskFull = true;
    notifyAll();
  }

  synchronized void stop() {
    stopped = true;
    notifyAll();
  }

  /**
   * Waits for work. Whether the quota is exceeded is asked for, not remembered: so a pass that left
   * too much is followed by another.
   *
   * @param overQuota whether the quota is exceeded now
   * @param pauseMillis how long to wait first in any case, unless it is time to stop
   */
  synchronized Call await(BooleanSupplier overQuota, long pauseMillis) {
    try {
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(pauseMillis);
      for (long left = end - System.nanoTime();
          left > 0 && !stopped;
          left = end - System.nanoTime()) {
        TimeUnit.NANOSECONDS.timedWait(this, left);
      }
      while (!stopped && !diskFull && !overQuota.getAsBoolean()) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Call.STOP;
    }
    if (stopped) {
      return Call.STOP;
    }
    boolean full = diskFull;
    diskFull = false;
    return full ? Call.DISK : Call.QUOTA;
  }
}
