package dev.lazuli.registry.http;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The memory of the node for documents that are read whole: manifests, configurations, tokens.
 * Whoever finds too little left waits, so that many pulls of images with huge documents take no
 * more heap than a few. Safe for any thread.
 */
public final class DocumentBudget {
  private static final int UNIT_BYTES = 1 << 10;

  /** 16 MiB of a daemon's heap of 64 MiB: three documents of the largest size at once. */
  private static final int UNITS = 16 << 10;

  private final Semaphore units = new Semaphore(UNITS, /* fair= */ true);
  private final Duration patience;

  /** Makes a budget whose users wait at most {@code patience} for their share. */
  public DocumentBudget(Duration patience) {
    this.patience = patience;
  }

  /** A share of the budget, given back by closing it. */
  interface Share extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Takes a share.
   *
   * @param bytes how much; what is more than the whole budget counts as all of it
   * @throws IOException if others hold too much of it for too long
   */
  Share take(long bytes) throws IOException {
    int wanted = (int) Math.min(UNITS, (bytes + UNIT_BYTES - 1) / UNIT_BYTES);
    try {
      if (!units.tryAcquire(wanted, patience.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new IOException("too many large documents are being read at once");
      }
    } catch (InterruptedException e) {
      throw Abort.interrupted();
    }
    return () -> units.release(wanted);
  }
}
