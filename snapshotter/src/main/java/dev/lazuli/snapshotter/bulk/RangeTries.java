package dev.lazuli.snapshotter.bulk;

import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One range of a blob, opened again where it broke off: a few times without a byte in between, on
 * top of what the source itself tries. A layer that fails is pulled from its first byte once more,
 * so it is worth a little patience. For one thread.
 */
final class RangeTries implements BlobStream {
  /** With a second of waiting in all. */
  private static final int MOST_FAILURES = 3;

  private static final long WAIT_MILLIS = 300;

  private final BlobSource blob;
  private final long end;
  private final Consumer<BlobStream> opened;
  private final BooleanSupplier givenUp;
  private long at;
  private int failures;
  private @Nullable BlobStream open;

  /**
   * Makes a stream; nothing is asked for before the first piece.
   *
   * @param opened told which stream is open, so that it can be ended
   * @param givenUp whether he does, so that nothing is tried again
   */
  RangeTries(
      BlobSource blob, long from, long end, Consumer<BlobStream> opened, BooleanSupplier givenUp) {
    this.givenUp = givenUp;
    this.blob = blob;
    this.at = from;
    this.end = end;
    this.opened = opened;
  }

  @Override
  public @Nullable ByteBuffer next() throws IOException {
    while (at < end) {
      try {
        var piece = stream().next();
        if (piece != null) {
          at += piece.remaining();
          failures = 0;
          return piece;
        }
        throw new IOException("blob range ends at " + at + ", expected to reach " + end);
      } catch (IOException e) {
        close();
        if (++failures == MOST_FAILURES || givenUp.getAsBoolean()) {
          throw e;
        }
        pause(e);
      }
    }
    close();
    return null;
  }

  private BlobStream stream() throws IOException {
    var known = open;
    if (known == null) {
      known = blob.open(at, end - at);
      open = known;
      opened.accept(known);
    }
    return known;
  }

  private void pause(IOException reason) throws IOException {
    try {
      Thread.sleep(Duration.ofMillis(WAIT_MILLIS << (failures - 1)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw reason;
    }
  }

  @Override
  public void close() {
    var last = open;
    open = null;
    if (last != null) {
      last.close();
    }
  }
}
