package dev.lazuli.snapshotter.node;

import com.google.errorprone.annotations.MustBeClosed;
import dev.lazuli.snapshotter.metrics.OwnProcess;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * Keeps file descriptors for what is in use: every layer that is mounted holds a few, and a daemon
 * that has none left can neither answer nor give layers back. Layers whose mount is under way count
 * with what they will open. Safe for any thread.
 */
final class DescriptorReserve {
  /** What a mount may open: the layer's files, connections to its registry, the mount itself. */
  private static final int PER_MOUNT = 8;

  private final AtomicInteger underWay = new AtomicInteger();
  private final LongSupplier open;
  private final LongSupplier most;

  DescriptorReserve() {
    this(OwnProcess::openFiles, OwnProcess::maxOpenFiles);
  }

  DescriptorReserve(LongSupplier open, LongSupplier most) {
    this.open = open;
    this.most = most;
  }

  /**
   * Refuses one more layer once three quarters of the limit are taken: a fourth is for requests,
   * connections, and what giving layers back takes.
   *
   * @throws IOException if no more layers are to be mounted now
   */
  void check() throws IOException {
    check(underWay.get());
  }

  /** A mount that is under way, until it is closed. */
  @FunctionalInterface
  interface Mounting extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * As {@link #check}, and counts one more mount until the result is closed.
   *
   * @throws IOException if no more layers are to be mounted now
   */
  @MustBeClosed
  Mounting mounting() throws IOException {
    int others = underWay.getAndIncrement();
    boolean admitted = false;
    try {
      check(others);
      admitted = true;
      return underWay::decrementAndGet;
    } finally {
      if (!admitted) {
        underWay.decrementAndGet();
      }
    }
  }

  private void check(int others) throws IOException {
    long taken = open.getAsLong() + (long) others * PER_MOUNT;
    long limit = most.getAsLong();
    if (taken > limit / 4 * 3) {
      throw new IOException(
          "%d of at most %d files are open or about to be; the rest are kept for layers in use (LimitNOFILE)"
              .formatted(taken, limit));
    }
  }
}
