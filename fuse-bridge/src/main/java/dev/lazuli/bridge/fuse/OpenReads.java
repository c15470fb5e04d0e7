package dev.lazuli.bridge.fuse;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The reads that have been taken from the kernel and wait for a late answer, and how many late
 * answers are being written. Safe for use by several threads.
 */
final class OpenReads {
  private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private final ConcurrentHashMap<Long, PendingRead> byUnique = new ConcurrentHashMap<>();
  private final AtomicInteger answering = new AtomicInteger();
  private final Answering done = answering::decrementAndGet;

  void add(PendingRead read) {
    byUnique.put(read.unique(), read);
  }

  void remove(PendingRead read) {
    byUnique.remove(read.unique(), read);
  }

  @Nullable PendingRead find(long unique) {
    return byUnique.get(unique);
  }

  List<PendingRead> all() {
    return List.copyOf(byUnique.values());
  }

  /**
   * Says that somebody will try to take the right to answer a read, until the result is closed. A
   * read whose answer was taken leaves the table, but its reader still waits for the answer.
   */
  Answering answering() {
    answering.incrementAndGet();
    return done;
  }

  /** See {@link #answering}. */
  interface Answering extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Waits until no read waits and no answer is being written, provided that no more reads are
   * added.
   *
   * @param end as {@link System#nanoTime} counts
   * @return false if there still are some at {@code end}
   */
  boolean awaitNone(long end) throws InterruptedException {
    while (!isNone()) {
      long left = end - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      TimeUnit.NANOSECONDS.sleep(Math.min(left, LOOK_AGAIN_NANOS));
    }
    return true;
  }

  private boolean isNone() {
    // In this order: who takes a read out of the table has said before that it will be answered.
    return byUnique.isEmpty() && answering.get() == 0;
  }
}
