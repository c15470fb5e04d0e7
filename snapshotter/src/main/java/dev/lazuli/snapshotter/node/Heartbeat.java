package dev.lazuli.snapshotter.node;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the service manager from killing a daemon that works, and lets it kill one that does not.
 * While the daemon starts and stops it asks for more time, as long as one state follows the other;
 * in between it sends keep-alives for as long as all is well. A thread of its own, where there is a
 * service manager.
 */
final class Heartbeat implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Heartbeat.class);

  /** Must be longer than a few pauses, so that a late thread on a busy machine does no harm. */
  private static final Duration EXTENSION = Duration.ofMinutes(1);

  /** A step of a start opens what is stored: minutes on a large node, never this long. */
  private static final Duration LONGEST_STEP = Duration.ofMinutes(10);

  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
  private static final int BEATS_PER_WATCHDOG = 4;

  private final ServiceNotice notice;
  private final LongSupplier nanoTime;
  private final CountDownLatch closing = new CountDownLatch(1);
  private volatile Supplier<Optional<String>> vitals = Optional::empty;
  private volatile boolean serving;
  private volatile long stepBegan;
  private boolean troubled;

  Heartbeat(ServiceNotice notice) {
    this(notice, System::nanoTime);
  }

  Heartbeat(ServiceNotice notice, LongSupplier nanoTime) {
    this.notice = notice;
    this.nanoTime = nanoTime;
    stepBegan = nanoTime.getAsLong();
  }

  /** Begins to ask for time to start. */
  void start() {
    if (notice.heard()) {
      beat();
      Thread.ofPlatform().daemon().name("lazuli-heartbeat").start(this::run);
    }
  }

  /** A step of the start is done: the next one has its own time. */
  void nextStep() {
    stepBegan = nanoTime.getAsLong();
  }

  /**
   * From now on all is well while {@code trouble} finds none.
   *
   * @param trouble returns what does not work; it may take a while, but must end
   */
  void serving(Supplier<Optional<String>> trouble) {
    vitals = trouble;
    if (notice.heard()) {
      // The first connection takes longest, and containerd gives it a second: so it is ours.
      var _ = isWell();
    }
    serving = true;
    notice.ready();
  }

  /** From now on the daemon ends. */
  void stopping() {
    nextStep();
    serving = false;
    notice.stopping();
    notice.extend(EXTENSION);
  }

  private void run() {
    try {
      while (!closing.await(pause().toNanos(), TimeUnit.NANOSECONDS)) {
        beat();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns the time between two beats. */
  Duration pause() {
    return notice
        .watchdog()
        .map(limit -> limit.dividedBy(BEATS_PER_WATCHDOG))
        .filter(pause -> pause.compareTo(LONGEST_PAUSE) < 0)
        .orElse(LONGEST_PAUSE);
  }

  void beat() {
    if (!serving) {
      askForTime();
    } else if (notice.watchdog().isPresent() && isWell()) {
      notice.alive();
    }
  }

  private void askForTime() {
    if (nanoTime.getAsLong() - stepBegan < LONGEST_STEP.toNanos()) {
      notice.extend(EXTENSION);
    } else if (!troubled) {
      troubled = true;
      log.error("no longer asking systemd for more time: no progress for {}", LONGEST_STEP);
    }
  }

  private boolean isWell() {
    Optional<String> trouble;
    try {
      trouble = vitals.get();
    } catch (RuntimeException e) {
      trouble = Optional.of(e.toString());
    }
    if (trouble.isPresent() && !troubled) {
      log.error("not sending the watchdog its keep-alive: {}", trouble.get());
    }
    troubled = trouble.isPresent();
    return !troubled;
  }

  @Override
  public void close() {
    closing.countDown();
  }
}
