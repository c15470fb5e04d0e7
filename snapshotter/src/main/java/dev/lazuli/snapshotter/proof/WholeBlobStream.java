package dev.lazuli.snapshotter.proof;

import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.registry.model.LeastRate;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A blob from its first byte to its last, in large ranges, one after the other. A range that fails
 * is opened again where it broke off, a limited number of times without a byte in between. Too few
 * bytes in a time, however many ranges brought them, end the stream.
 */
final class WholeBlobStream implements BlobStream {
  /** 32 MiB: few requests, and none that has to live for hours on a slow link. */
  static final long RANGE_BYTES = 32L << 20;

  /** Seven tries, one minute of waiting. */
  private static final int MOST_FAILURES = 7;

  /** How long bytes are waited for before their rate is looked at. */
  private static final Duration RATE_WINDOW = Duration.ofSeconds(30);

  /** What a pass does before each piece, and after it. */
  interface Pace {
    void before() throws InterruptedException;

    void after(int bytes) throws InterruptedException;

    /** Returns how many bytes a second must come, as things are now. */
    long leastRate();

    /** Returns the time, to tell how long bytes are waited for. */
    default long nanoTime() {
      return System.nanoTime();
    }
  }

  private final BlobSource blob;
  private final long size;
  private final Pace pace;
  private final PassLife life;
  private final long firstWaitMillis;
  private final LeastRate rate;
  private @Nullable BlobStream range;
  private long at;
  private int failures;

  /** How long the next piece was waited for, also from ranges that failed. */
  private long waitedNanos;

  /**
   * Makes a stream; nothing is asked for before the first piece.
   *
   * @param life says when the pass is to end
   * @param firstWaitMillis wait after the first failure; doubles each time
   */
  WholeBlobStream(BlobSource blob, long size, Pace pace, PassLife life, long firstWaitMillis) {
    this.blob = blob;
    this.size = size;
    this.pace = pace;
    this.life = life;
    this.firstWaitMillis = firstWaitMillis;
    this.rate = new LeastRate(RATE_WINDOW, pace::leastRate);
  }

  @Override
  public @Nullable ByteBuffer next() throws IOException {
    while (at < size) {
      try {
        pace.before();
        var piece = piece();
        if (piece != null) {
          rate.received(piece.remaining(), waitedNanos);
          waitedNanos = 0;
          at += piece.remaining();
          failures = 0;
          pace.after(piece.remaining());
          return piece;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new PassEndedException();
      }
    }
    return null;
  }

  /** Returns the next piece, or null if a range ends or has failed. */
  private @Nullable ByteBuffer piece() throws IOException, InterruptedException {
    requireGoingOn();
    try {
      var piece = waitForPiece();
      if (piece == null) {
        closeRange();
      }
      return piece;
    } catch (IOException e) {
      closeRange();
      requireGoingOn();
      rate.received(0, waitedNanos); // Silence is too slow, also where nothing ever comes.
      waitedNanos = 0;
      if (++failures == MOST_FAILURES) {
        throw new IOException("blob bytes from %d: %s".formatted(at, e.getMessage()), e);
      }
      var _ = life.pause(TimeUnit.MILLISECONDS.toNanos(firstWaitMillis << (failures - 1)));
      return null;
    }
  }

  private @Nullable ByteBuffer waitForPiece() throws IOException {
    long began = pace.nanoTime();
    try {
      var open = range;
      if (open == null) {
        open = blob.open(at, Math.min(RANGE_BYTES, size - at));
        range = open;
        life.reads(open);
      }
      return open.next();
    } finally {
      waitedNanos += pace.nanoTime() - began;
    }
  }

  private void requireGoingOn() throws PassEndedException {
    if (life.hasEnded()) {
      throw new PassEndedException();
    }
  }

  private void closeRange() {
    var open = range;
    range = null;
    if (open != null) {
      open.close();
    }
  }

  @Override
  public void close() {
    closeRange();
  }
}
