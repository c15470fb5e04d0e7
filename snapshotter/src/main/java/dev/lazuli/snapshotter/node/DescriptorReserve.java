package dev.lazuli.snapshotter.node;

import dev.lazuli.snapshotter.metrics.OwnProcess;
import java.io.IOException;
import java.util.function.LongSupplier;

/**
 * Keeps file descriptors for what is in use: every layer that is mounted holds a few, and a daemon
 * that has none left can neither answer nor give layers back. Safe for any thread.
 */
final class DescriptorReserve {
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
    long taken = open.getAsLong();
    long limit = most.getAsLong();
    if (taken > limit / 4 * 3) {
      throw new IOException(
          "%d of at most %d files are open; the rest are kept for layers in use (LimitNOFILE)"
              .formatted(taken, limit));
    }
  }
}
