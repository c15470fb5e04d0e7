package dev.lazuli.snapshotter.proof;

import dev.lazuli.estargz.BlobStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Lets others end a pass, whatever it waits for. Thread-safe. */
final class PassLife {
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile @Nullable BlobStream open;
  private volatile Runnable beforePause = () -> {};

  /** Ends the pass soon. Idempotent. */
  void end() {
    ended.countDown();
    var blocking = open;
    if (blocking != null) {
      blocking.close();
    }
  }

  boolean hasEnded() {
    return ended.getCount() == 0;
  }

  /** Says what the pass reads from now on; null for nothing. */
  void reads(@Nullable BlobStream stream) throws PassEndedException {
    open = stream;
    if (stream != null && hasEnded()) {
      stream.close();
      throw new PassEndedException();
    }
  }

  /** Names what the pass does before each wait, by its own thread. */
  void beforePauses(Runnable action) {
    beforePause = action;
  }

  /** Waits, not longer than the pass goes on; returns whether it has ended. */
  boolean pause(long nanos) throws InterruptedException {
    beforePause.run();
    return ended.await(nanos, TimeUnit.NANOSECONDS);
  }
}
