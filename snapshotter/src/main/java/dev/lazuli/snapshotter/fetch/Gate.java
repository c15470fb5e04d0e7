package dev.lazuli.snapshotter.fetch;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Where streams stand aside for more urgent ones, between two pieces of their bodies. The transport
 * stops with them by back-pressure, and nothing they have is lost. So that connections stay alive
 * and endless reading does not stop everything else for ever, a stream that has stood for {@link
 * #MOST_PAUSE_NANOS} may let one piece through. Thread-safe.
 */
final class Gate {
  /** 250 ms: with pieces of 8 to 64 KiB a stream crawls on at 32 to 256 KiB/s. */
  static final long MOST_PAUSE_NANOS = 250_000_000;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private volatile boolean demanded;
  private volatile boolean receiving;
  private volatile boolean prefetching;

  /**
   * Says whether readers wait, whether bytes for them come, and whether there are prefetch streams.
   */
  void announce(boolean nowDemanded, boolean nowReceiving, boolean nowPrefetching) {
    boolean opened =
        (demanded && !nowDemanded)
            || (receiving && !nowReceiving)
            || (prefetching && !nowPrefetching);
    demanded = nowDemanded;
    receiving = nowReceiving;
    prefetching = nowPrefetching;
    if (opened) {
      poke();
    }
  }

  /** Makes all who stand look again. */
  void poke() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Returns at once for an urgent stream, else when nothing more urgent goes on. */
  void pass(RangeStream stream) {
    if (mustYield(stream)) {
      await(stream, MOST_PAUSE_NANOS, true);
    }
  }

  /** Holds the stream for {@code nanos}, or until it becomes urgent or is cancelled. */
  void hold(RangeStream stream, long nanos) {
    await(stream, nanos, false);
  }

  private boolean mustYield(RangeStream stream) {
    return switch (stream.priority()) {
      case ON_DEMAND -> false;
      // What a container will read soon need not leave the link idle for another's round trip.
      case PREFETCH -> receiving;
      case BACKGROUND -> demanded || prefetching;
    };
  }

  private void await(RangeStream stream, long nanos, boolean whileYielding) {
    long left = nanos;
    lock.lock();
    try {
      while (left > 0
          && !stream.cancelled()
          && stream.priority() != Priority.ON_DEMAND
          && (!whileYielding || mustYield(stream))) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }
}
