package dev.lazuli.snapshotter.layers;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Decides when the rest of a layer is fetched: once a container has read from the layer's image and
 * then nobody has missed anything for a while. A start that finds all it needs on disk looks quiet
 * from the beginning, so quiet alone does not count. But what no container reads is not waited for
 * endlessly, nor is a node that is never quiet.
 *
 * @param reference the layer's image
 * @param start fetches the rest
 */
record BackgroundStart(LayerParts parts, String reference, Runnable start) {
  /** So many delays pass until a layer is fetched of which no container has read anything. */
  static final int DELAYS_UNREAD = 5;

  /** So many pass until readers that always miss something are waited for no more. */
  static final int DELAYS_READ = 30;

  /** Begins to wait; the layer has just been mounted. */
  void await() {
    check(System.nanoTime(), 1);
  }

  private void check(long mounted, int passed) {
    var delay = parts.options().backgroundDelay();
    Runnable check =
        () -> {
          boolean read = parts.served().wasRead(reference, mounted);
          if (isTime(read, parts.served().quietTime(), delay, passed)) {
            start.run();
          } else {
            check(mounted, passed + 1);
          }
        };
    var _ = parts.timer().schedule(check, delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Returns whether to begin.
   *
   * @param read whether a container has read from the image
   * @param quiet since when nobody has missed anything
   * @param passed how many delays have passed since the mount
   */
  static boolean isTime(boolean read, Duration quiet, Duration delay, int passed) {
    boolean isQuiet = quiet.compareTo(delay) >= 0;
    return read
        ? isQuiet || passed >= DELAYS_READ
        : (isQuiet && passed >= DELAYS_UNREAD) || passed >= DELAYS_READ;
  }
}
