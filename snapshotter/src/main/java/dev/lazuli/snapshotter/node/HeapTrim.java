package dev.lazuli.snapshotter.node;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Collects all garbage now and then. Left to itself, the serial collector takes all memory that the
 * heap may have before it looks at what has grown old, and each pull leaves some garbage there. A
 * full collection takes some hundredths of a second, since little is alive, so it is done when
 * nothing else is, or when much has gathered.
 */
final class HeapTrim implements AutoCloseable {
  private static final Duration PAUSE = Duration.ofSeconds(5);

  /** What the heap may grow by before it is collected in a quiet moment. */
  private static final long SOME = 4L << 20;

  /** What it may grow by at all. */
  private static final long MUCH = 10L << 20;

  /** A daemon that allocates less than this between two looks does nothing. */
  private static final long QUIET = 512L << 10;

  private final LongSupplier taken;
  private final LongSupplier used;
  private final Runnable collection;
  private final CountDownLatch closing = new CountDownLatch(1);
  private long kept;
  private long usedBefore;

  /**
   * Makes an object that has not trimmed yet.
   *
   * @param taken bytes that the heap has of the machine
   * @param used bytes of them that are in use, by garbage too
   * @param collection collects everything and gives back what is free
   */
  HeapTrim(LongSupplier taken, LongSupplier used, Runnable collection) {
    this.taken = taken;
    this.used = used;
    this.collection = collection;
    kept = taken.getAsLong();
  }

  /** Looks after this process's heap from now on. */
  static HeapTrim start() {
    var runtime = Runtime.getRuntime();
    var trim =
        new HeapTrim(
            runtime::totalMemory, () -> runtime.totalMemory() - runtime.freeMemory(), System::gc);
    Thread.ofVirtual().name("lazuli-heap").start(trim::run);
    return trim;
  }

  private void run() {
    try {
      while (!closing.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
        look();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Collects if it is time to. */
  void look() {
    long usedNow = used.getAsLong();
    boolean isQuiet = Math.abs(usedNow - usedBefore) < QUIET;
    usedBefore = usedNow;
    long grown = taken.getAsLong() - kept;
    if (grown >= MUCH || (grown >= SOME && isQuiet)) {
      collection.run();
      kept = taken.getAsLong();
      usedBefore = used.getAsLong();
    }
  }

  @Override
  public void close() {
    closing.countDown();
  }
}
