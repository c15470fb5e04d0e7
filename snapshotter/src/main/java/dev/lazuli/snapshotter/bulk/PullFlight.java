package dev.lazuli.snapshotter.bulk;

import com.google.errorprone.annotations.MustBeClosed;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.cache.LayerData;
import dev.lazuli.digest.Digest;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A pull and all who wait for it. Each gets a handle of its own; the pull's is closed when the last
 * of them has its own, or has given up. Thread-safe.
 */
final class PullFlight {
  private static final long MILLISECOND = 1_000_000;

  private final Digest digest;
  private final String reference;
  private final LayerPull pull;
  private volatile boolean isRunning;

  @GuardedBy("this")
  private int waiting;

  /** Those among them that wait for just this layer. */
  @GuardedBy("this")
  private int clients;

  /** The last one who waited has gone: whoever comes now needs a new pull. */
  @GuardedBy("this")
  private boolean givenUp;

  @GuardedBy("this")
  private boolean ended;

  @GuardedBy("this")
  private @Nullable LayerData pulled;

  @GuardedBy("this")
  private @Nullable IOException failure;

  PullFlight(Digest digest, String reference, LayerPull pull) {
    this.digest = digest;
    this.reference = reference;
    this.pull = pull;
  }

  LayerPull pull() {
    return pull;
  }

  /** Returns the image that asked first. */
  String reference() {
    return reference;
  }

  void begin() {
    isRunning = true;
  }

  BulkProgress progress() {
    return pull.progress(isRunning);
  }

  /**
   * Counts one more who will {@link #await} the end.
   *
   * @param isAwaited whether it is a client that waits for just this layer
   * @return false if the pull was given up
   */
  synchronized boolean join(boolean isAwaited) {
    if (!givenUp) {
      waiting++;
      clients += isAwaited ? 1 : 0;
    }
    return !givenUp;
  }

  /**
   * Gives the pull up if no client waits for just this layer: a client that comes now needs a new
   * one.
   *
   * @return whether it is given up
   */
  synchronized boolean giveUpUnlessAwaited() {
    givenUp |= clients == 0;
    return givenUp;
  }

  /** Returns whether all who waited are gone. */
  synchronized boolean isGivenUp() {
    return givenUp;
  }

  /**
   * Waits for the end and returns a handle, the caller's to close. When the last one who waits is
   * interrupted, or has waited long enough, the pull is given up.
   *
   * @param isAwaited as in {@link #join}
   */
  @MustBeClosed
  synchronized LayerData await(boolean isAwaited, Duration patience)
      throws IOException, InterruptedException {
    try {
      long deadline = System.nanoTime() + patience.toNanos();
      while (!ended) {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          throw new IOException("layer %s was not pulled within %s".formatted(digest, patience));
        }
        TimeUnit.NANOSECONDS.timedWait(this, Math.max(left, MILLISECOND));
      }
      var layer = pulled;
      if (layer == null) {
        throw new IOException(
            "layer %s was not pulled: %s".formatted(digest, reason(failure)), failure);
      }
      return layer.share();
    } finally {
      waiting--;
      clients -= isAwaited ? 1 : 0;
      closeIfUnused();
      if (!ended && waiting == 0) {
        givenUp = true;
        pull.cancel();
      }
    }
  }

  private static String reason(@Nullable IOException failure) {
    return failure == null || failure.getMessage() == null ? "" + failure : failure.getMessage();
  }

  /** Says what became of the pull; only the first call counts. */
  synchronized void end(@Nullable LayerData layer, @Nullable IOException reason) {
    if (ended) {
      if (layer != null) {
        layer.close();
      }
      return;
    }
    ended = true;
    pulled = layer;
    failure = reason;
    notifyAll();
    closeIfUnused();
  }

  @GuardedBy("this")
  private void closeIfUnused() {
    var layer = pulled;
    if (ended && waiting == 0 && layer != null) {
      pulled = null;
      layer.close();
    }
  }
}
