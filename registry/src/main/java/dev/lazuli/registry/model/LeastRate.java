package dev.lazuli.registry.model;

import java.io.IOException;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * The rule by which a body that drips is ended. A server may fall silent for a while, but one that
 * sends a byte now and then would hold a connection, a stream's permit and its readers for days.
 * Only the time in which somebody waits for bytes counts, so a reader that pauses is not held
 * against the server. Used by one thread.
 */
public final class LeastRate {
  /** 1 KiB/s: less than any link on which an image could be pulled. */
  private static final long BYTES_PER_SECOND = 1 << 10;

  private final Duration window;
  private final LongSupplier bytesPerSecond;
  private long waitedNanos;
  private long bytes;

  /**
   * Makes a watch over one body.
   *
   * @param window how long a server may be waited for before what it sent is looked at
   */
  public LeastRate(Duration window) {
    this(window, () -> BYTES_PER_SECOND);
  }

  /**
   * Makes a watch over one body.
   *
   * @param window how long a server may be waited for before what it sent is looked at
   * @param bytesPerSecond the least, as it is when a window ends
   */
  public LeastRate(Duration window, LongSupplier bytesPerSecond) {
    this.window = window;
    this.bytesPerSecond = bytesPerSecond;
  }

  /** Returns the least that a body must give in any case, in bytes per second. */
  public static long usual() {
    return BYTES_PER_SECOND;
  }

  /**
   * Counts a piece.
   *
   * @param nanos how long it was waited for
   * @throws IOException if too little came since the last look
   */
  public void received(int count, long nanos) throws IOException {
    bytes += count;
    waitedNanos += nanos;
    if (waitedNanos < window.toNanos()) {
      return;
    }
    long rate = bytesPerSecond.getAsLong();
    if (bytes < rate * waitedNanos / Duration.ofSeconds(1).toNanos()) {
      throw new IOException(
          "too slow: %d bytes in %d ms, less than %d bytes a second"
              .formatted(bytes, Duration.ofNanos(waitedNanos).toMillis(), rate));
    }
    bytes = 0;
    waitedNanos = 0;
  }

  /** Returns how much longer a server may be waited for before it is looked at; above 0. */
  public long nanosToNextLook() {
    return window.toNanos() - waitedNanos;
  }
}
