package dev.lazuli.cache;

import java.io.InterruptedIOException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;

/** The disk that all layers of a store take, and what eviction has freed of it. Thread-safe. */
final class DiskUsage {
  private static final long QUOTA_WAIT_NANOS = 1_000_000_000;
  private static final long QUOTA_POLL_MILLIS = 20;

  private final long quota;
  private final Pressure pressure;
  private final LongAdder used = new LongAdder();
  private final LongAdder going = new LongAdder();
  private final LongAdder evicted = new LongAdder();

  DiskUsage(long quota, Pressure pressure) {
    this.quota = quota;
    this.pressure = pressure;
  }

  /** Counts bytes that are taken, or freed if negative. */
  void grew(long bytes) {
    used.add(bytes);
    if (bytes > 0 && overQuota()) {
      pressure.signal();
    }
  }

  /**
   * Counts bytes that are being deleted: they still take room, and need no other to go for them.
   */
  void going(long bytes) {
    going.add(bytes);
  }

  void evicted(long bytes) {
    evicted.add(bytes);
  }

  long usedBytes() {
    return used.sum();
  }

  /** Returns what will be used once all that is being deleted is gone. */
  long stayingBytes() {
    return used.sum() - going.sum();
  }

  long evictedBytes() {
    return evicted.sum();
  }

  boolean overQuota() {
    return quota > 0 && stayingBytes() > quota;
  }

  /**
   * Returns whether the quota is kept, having given the evictor a moment.
   *
   * @param exempt says that it need not be, at any time
   */
  boolean isWithinQuotaSoon(BooleanSupplier exempt) throws InterruptedIOException {
    long end = System.nanoTime() + QUOTA_WAIT_NANOS;
    while (overQuota() && !exempt.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        return false;
      }
      try {
        Thread.sleep(QUOTA_POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while the quota was exceeded");
      }
    }
    return true;
  }

  /** Returns whether so much is more than the quota, whatever else goes for it. */
  boolean neverHolds(long bytes) {
    return quota > 0 && bytes > quota;
  }

  /**
   * Returns how many bytes may be added until only a tenth of the quota, kept for readers, is free;
   * negative where less than that is.
   */
  long leftInAdvance() {
    return quota == 0 ? Long.MAX_VALUE : quota - quota / 10 - used.sum();
  }
}
