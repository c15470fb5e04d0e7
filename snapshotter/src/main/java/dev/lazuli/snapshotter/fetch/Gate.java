package dev.lazuli.snapshotter.fetch;

import dev.lazuli.snapshotter.fetch.plan.Flight;
import dev.lazuli.snapshotter.fetch.plan.Priority;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Where streams stand aside for more urgent ones, between two pieces of their bodies. The transport
 * stops with them by back-pressure, and nothing they have is lost. So that connections stay alive
 * and endless reading does not stop everything else forever, a stream that has stood for {@link
 * #MOST_PAUSE_NANOS} may let one piece through. Thread-safe.
 */
final class Gate {
  /** 250 ms: with pieces of 8 to 64 KiB a stream crawls on at 32 to 256 KiB/s. */
  static final long MOST_PAUSE_NANOS = 250_000_000;

  /** How often who stands looks again by himself. */
  private static final long SLICE_NANOS = 50_000_000;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final BooleanSupplier memoryWanted;
  private volatile boolean demanded;
  private volatile boolean receiving;
  private volatile boolean prefetching;

  /**
   * Makes a gate that is open.
   *
   * @param memoryWanted whether a decoder waits for memory that one at the gate may hold
   */
  Gate(BooleanSupplier memoryWanted) {
    this.memoryWanted = memoryWanted;
  }

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

  /** Returns at once for an urgent stream, otherwise once nothing more urgent is going on. */
  void pass(StreamSource stream) {
    if (mustYield(stream.flight())) {
      await(stream, MOST_PAUSE_NANOS, true);
    }
  }

  /** Holds the stream for {@code nanos}, or until it becomes urgent or is cancelled. */
  void hold(StreamSource stream, long nanos) {
    await(stream, nanos, false);
  }

  /** Returns whether something more urgent goes on. */
  boolean mustYield(Flight flight) {
    if (memoryWanted.getAsBoolean()) {
      return false; // Who stands here may hold it, and gives it back at the end of a frame.
    }
    return switch (flight.priority()) {
      case ON_DEMAND -> false;
      // What a container will read soon need not leave the link idle for another's round trip.
      case PREFETCH -> receiving;
      case BACKGROUND -> demanded || prefetching;
    };
  }

  private void await(StreamSource stream, long nanos, boolean whileYielding) {
    Flight flight = stream.flight();
    long left = nanos;
    lock.lock();
    try {
      // Nobody signals that memory is wanted, so look for it a few times.
      while (left > 0
          && !stream.isKilled()
          && !flight.isUnwanted()
          && flight.priority() != Priority.ON_DEMAND
          && (!whileYielding || mustYield(flight))) {
        long slice = Math.min(left, SLICE_NANOS);
        left -= slice - changed.awaitNanos(slice);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }
}
