package dev.lazuli.snapshotter.proof;

import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.fetch.plan.Priority;

/**
 * Makes passes stand aside while readers or prefetch get bytes. A pass that has stood for {@link
 * #MOST_PAUSE_NANOS} lets one piece through, so that its connection stays alive and a node that is
 * never quiet gets its proofs. Thread-safe.
 */
public final class Courtesy implements FetchListener {
  private static final long MOST_PAUSE_NANOS = 250_000_000;
  private static final long QUIET_NANOS = 50_000_000;
  private static final long STEP_NANOS = 10_000_000;

  private volatile long lastUrgent = System.nanoTime() - QUIET_NANOS;

  @Override
  public void demandWaits(String layer, int fromChunk, int toChunk) {
    lastUrgent = System.nanoTime();
  }

  @Override
  public void bytesFetched(String layer, int bytes, Priority priority) {
    if (priority != Priority.BACKGROUND) {
      lastUrgent = System.nanoTime();
    }
  }

  /** Waits while somebody is served, or until the pass is to end. */
  void giveWay(PassLife life) throws InterruptedException {
    long began = System.nanoTime();
    while (System.nanoTime() - lastUrgent < QUIET_NANOS
        && System.nanoTime() - began < MOST_PAUSE_NANOS
        && !life.pause(STEP_NANOS)) {
      // Looks again.
    }
  }
}
