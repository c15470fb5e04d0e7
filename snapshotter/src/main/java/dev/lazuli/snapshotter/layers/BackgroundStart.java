package dev.lazuli.snapshotter.layers;

import dev.lazuli.snapshotter.fetch.IdleProcessors;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides when the rest of a layer is fetched: once a container has read from the layer's image and
 * is quiet. A start that finds all it needs on disk looks quiet from the beginning, so that nobody
 * misses anything counts only after a while; that nobody reads at all while processors are idle
 * counts sooner. What no container reads is not waited for endlessly, nor is a node that is never
 * quiet.
 *
 * @param reference the layer's image
 * @param start fetches the rest
 */
record BackgroundStart(LayerParts parts, String reference, Runnable start) {
  private static final Logger log = LoggerFactory.getLogger(BackgroundStart.class);

  /** So many delays pass until a layer is fetched of which no container has read anything. */
  static final int DELAYS_UNREAD = 5;

  /** So many pass until readers that always miss something are waited for no more. */
  static final int DELAYS_READ = 30;

  /** How often to look in the time of one delay. */
  private static final int LOOKS = 8;

  /** That part of a delay without any read says as much as a whole one without a miss. */
  private static final int SOONER = 4;

  /**
   * What is seen of a node.
   *
   * @param mounted since when the layer is mounted
   * @param unread since when nobody has read from the image; empty if nobody ever has
   * @param missless since when nobody on the node has missed anything; what was before the mount
   *     does not count
   * @param isIdle whether processors are idle
   */
  record Signs(Duration mounted, Optional<Duration> unread, Duration missless, boolean isIdle) {
    /** Returns whether to begin, with this delay. */
    boolean areRight(Duration delay) {
      if (mounted.compareTo(delay.multipliedBy(DELAYS_READ)) >= 0) {
        return true;
      }
      boolean nobodyMisses = mounted.compareTo(delay) >= 0 && missless.compareTo(delay) >= 0;
      if (unread.isEmpty()) {
        return nobodyMisses && mounted.compareTo(delay.multipliedBy(DELAYS_UNREAD)) >= 0;
      }
      var sooner = delay.dividedBy(SOONER);
      boolean nobodyReads = unread.get().compareTo(sooner) >= 0 && missless.compareTo(sooner) >= 0;
      return nobodyMisses || (nobodyReads && isIdle);
    }
  }

  /** Begins to wait; the layer has just been mounted. */
  void await() {
    look(System.nanoTime(), new IdleProcessors());
  }

  private void look(long mounted, IdleProcessors processors) {
    var delay = parts.options().backgroundDelay();
    Runnable look =
        () -> {
          if (isTime(mounted, processors, delay)) {
            begin();
          } else {
            look(mounted, processors);
          }
        };
    var _ = parts.timer().schedule(look, delay.toNanos() / LOOKS, TimeUnit.NANOSECONDS);
  }

  /** The timer tells nobody of an exception; after one, only the time since the mount counts. */
  private boolean isTime(long mounted, IdleProcessors processors, Duration delay) {
    try {
      return signs(mounted, processors).areRight(delay);
    } catch (RuntimeException e) {
      log.atError().setCause(e).log("image {}: whether a node is quiet cannot be told", reference);
      return System.nanoTime() - mounted >= delay.multipliedBy(DELAYS_READ).toNanos();
    }
  }

  private void begin() {
    try {
      start.run();
    } catch (RuntimeException e) {
      log.atError().setCause(e).log("image {}: the rest of a layer is not fetched", reference);
    }
  }

  /** Returns how many processors must be idle: one, but half of a machine with only one. */
  static double idleEnough(int processors) {
    return Math.min(1, processors / 2.0);
  }

  private Signs signs(long mounted, IdleProcessors processors) {
    return new Signs(
        Duration.ofNanos(System.nanoTime() - mounted),
        parts.served().unreadTime(reference),
        parts.served().quietTime(),
        processors.sinceLastLook() >= idleEnough(processors.count()));
  }
}
