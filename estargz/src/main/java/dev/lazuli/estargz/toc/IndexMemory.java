package dev.lazuli.estargz.toc;

import dev.lazuli.estargz.LayerFormatException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The memory off the heap that all indexes under construction may take together, whatever their
 * tables of contents say. Thread-safe.
 *
 * <p>A few are made at the same time, each with a small share of its own, which is enough for most
 * layers. One that grows beyond its share needs the rest, and only one at a time has it: whoever
 * comes second waits, and holds no more than a share meanwhile. So nobody waits for somebody who
 * waits, and the whole budget is there for a single large layer.
 */
public final class IndexMemory {
  private static final int SHARES = 32;

  private final long shareBytes;
  private final long most;
  private final Semaphore small;
  private final Semaphore large = new Semaphore(1, /* fair= */ true);

  /**
   * Makes a budget.
   *
   * @param bytes the whole of it, at least 16 MiB
   * @param atOnce how many indexes are made at the same time at most, 1 to 16
   */
  public IndexMemory(long bytes, int atOnce) {
    if (bytes < 16 << 20 || atOnce < 1 || atOnce > SHARES / 2) {
      throw new IllegalArgumentException(bytes + " bytes for " + atOnce + " indexes");
    }
    shareBytes = bytes / SHARES;
    most = bytes - (atOnce - 1) * shareBytes;
    small = new Semaphore(atOnce, /* fair= */ true);
  }

  /** What one index has taken. For one thread, except {@link #close}. */
  public final class Share implements AutoCloseable {
    private final String layer;
    private final long deadline;
    private final Duration patience;
    private long taken;
    private boolean isLarge;
    private boolean isRefused;
    private boolean isClosed;

    private Share(String layer, Duration patience) {
      this.layer = layer;
      this.patience = patience;
      this.deadline = System.nanoTime() + patience.toNanos();
    }

    /**
     * Takes memory, and waits for it.
     *
     * @throws LayerFormatException if the index needs more than there is in all
     * @throws IOException if other large indexes take longer than the share's patience
     */
    public void take(long bytes) throws IOException {
      if (taken + bytes > most) {
        isRefused = true;
        throw new LayerFormatException(
            layer, "memory of its index", taken + bytes, "at most " + most + " bytes");
      }
      if (taken + bytes > shareBytes && !isLarge) {
        await(large);
        isLarge = true;
      }
      taken += bytes;
    }

    /** Returns whether {@link #take} was asked for more than there is in all. */
    public boolean isRefused() {
      return isRefused;
    }

    void give(long bytes) {
      taken -= bytes;
    }

    private void await(Semaphore turn) throws IOException {
      try {
        if (!turn.tryAcquire(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
          throw new IOException(
              "layer %s: no memory for its index within %s: other layers use it"
                  .formatted(layer, patience));
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while waiting for an index's memory");
      }
    }

    /** Gives everything back; the memory must have been freed. Idempotent. */
    @Override
    public synchronized void close() {
      if (!isClosed) {
        isClosed = true;
        if (isLarge) {
          large.release();
        }
        small.release();
      }
    }
  }

  /**
   * Waits until an index may be made.
   *
   * @param patience how long to wait, now and later, before its making fails
   * @return what the index's builder owns from now on
   * @throws IOException if others take longer
   */
  public Share share(String layer, Duration patience) throws IOException {
    var share = new Share(layer, patience);
    share.await(small);
    return share;
  }
}
