package dev.lazuli.snapshotter.share;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.digest.Digest;
import dev.lazuli.registry.model.ImageReference;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Images whose indexes are to be published: each some time after its pull, one at a time, and again
 * after a while if that fails. Thread-safe.
 */
final class PublishQueue implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PublishQueue.class);

  /** After the first failure of an image; doubled after each further one. */
  static final Duration PAUSE = Duration.ofMinutes(1);

  private static final int MOST_TRIES = 6;
  private static final int MOST_IMAGES = 64;
  private static final int END_SECONDS = 10;

  /** Publishes what is known of some layers of an image. */
  @FunctionalInterface
  interface Publishing {
    void run(ImageReference image, Set<Digest> layers) throws IOException;
  }

  private final Publishing publishing;
  private final Duration delay;
  private final Duration pause;
  private final ScheduledThreadPoolExecutor timer;

  /** Layers of an image, and what will take them; null until it is scheduled. */
  private static final class Turn {
    final Set<Digest> layers;
    @Nullable Future<?> task;

    Turn(Set<Digest> layers) {
      this.layers = new LinkedHashSet<>(layers);
    }
  }

  @GuardedBy("this")
  private final Map<ImageReference, Turn> waiting = new LinkedHashMap<>();

  @GuardedBy("this")
  private long failures;

  @GuardedBy("this")
  private @Nullable Exception lastFailure;

  /**
   * Makes an empty queue.
   *
   * @param delay the longest time until an image's turn: nodes that have pulled the same image at
   *     the same time do not push it at the same time
   * @param pause after a failure
   */
  PublishQueue(Publishing publishing, Duration delay, Duration pause) {
    this.publishing = publishing;
    this.delay = delay;
    this.pause = pause;
    timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("lazuli-publish").factory());
    timer.setKeepAliveTime(END_SECONDS, TimeUnit.SECONDS);
    timer.allowCoreThreadTimeOut(true);
    timer.setRemoveOnCancelPolicy(true);
    timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /** Adds a layer of an image. */
  void add(ImageReference image, Digest layer) {
    add(image, Set.of(layer), randomDelay(), 0);
  }

  private long randomDelay() {
    return ThreadLocalRandom.current().nextLong(delay.toMillis() + 1);
  }

  private synchronized void add(
      ImageReference image, Set<Digest> layers, long millis, int triesSoFar) {
    var turn = new Turn(layers);
    var known = waiting.putIfAbsent(image, turn);
    if (known != null) {
      known.layers.addAll(layers);
      return;
    }
    if (waiting.size() > MOST_IMAGES) {
      var oldest = waiting.keySet().iterator().next();
      var dropped = waiting.remove(oldest);
      if (dropped != null && dropped.task != null) {
        dropped.task.cancel(/* mayInterruptIfRunning= */ false);
      }
      log.warn("image {}: its indexes are not published, too many others wait", oldest);
      failures++;
    }
    try {
      turn.task = timer.schedule(() -> run(image, triesSoFar), millis, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      // Also if there is no thread to be had: the task stays queued then, and finds nothing to do.
      waiting.remove(image);
      log.debug("image {}: its indexes are not published: {}", image, e.toString());
    }
  }

  private synchronized Set<Digest> take(ImageReference image) {
    var turn = waiting.remove(image);
    return turn == null ? Set.of() : turn.layers;
  }

  private void run(ImageReference image, int triesSoFar) {
    var layers = take(image);
    if (layers.isEmpty()) {
      return;
    }
    try {
      publishing.run(image, layers);
      worked();
    } catch (IOException | RuntimeException e) {
      failed(image, layers, triesSoFar + 1, e);
    }
  }

  private synchronized void worked() {
    lastFailure = null;
  }

  private void failed(ImageReference image, Set<Digest> layers, int tries, Exception reason) {
    synchronized (this) {
      failures++;
      lastFailure = reason;
    }
    log.warn(
        "image {}: its indexes cannot be published (try {} of {}): {}",
        image,
        tries,
        MOST_TRIES,
        reason.getMessage());
    if (tries < MOST_TRIES) {
      add(image, layers, pause.toMillis() << (tries - 1), tries);
    }
  }

  synchronized long failures() {
    return failures;
  }

  /** Returns why the last image could not be published; empty if it was. */
  synchronized Optional<Exception> lastFailure() {
    return Optional.ofNullable(lastFailure);
  }

  /** Ends what is under way. */
  @Override
  public void close() {
    timer.shutdownNow();
    try {
      if (!timer.awaitTermination(END_SECONDS, TimeUnit.SECONDS)) {
        log.warn("indexes are still being published");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
