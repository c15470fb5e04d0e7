package dev.lazuli.snapshotter.fetch;

import dev.lazuli.estargz.BlobRanges;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.ByteRange;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The ranges of a request as its stream's decoder sees them, one after the other: each piece passes
 * the {@link Gate}, is paid for from the background budget, and counted. Pieces are handed through,
 * not copied.
 */
final class PacedStream implements BlobStream {
  private final FetchScheduler scheduler;
  private final RangeStream stream;
  private final List<ByteRange> ranges;
  private @Nullable BlobRanges bodies;
  private @Nullable BlobStream body;
  private int entered;
  private long opened;
  private long bytes;
  private long bytesBefore;
  private long heldNanos;

  PacedStream(FetchScheduler scheduler, RangeStream stream, List<ByteRange> ranges) {
    this.scheduler = scheduler;
    this.stream = stream;
    this.ranges = ranges;
  }

  /** Goes to the next range; returns whether it is the first, for which all are asked for. */
  boolean enterNext() throws IOException {
    bytesBefore += bytes;
    bytes = 0;
    body = null;
    BlobRanges open = bodies;
    if (open == null) {
      opened = System.nanoTime();
      open = stream.open(ranges);
      bodies = open;
    }
    entered++;
    body = stream.next(open);
    return entered == 1;
  }

  private ByteRange range() {
    return ranges.get(entered - 1);
  }

  /** Returns how many bytes of the present range were delivered. */
  long bytes() {
    return bytes;
  }

  @Override
  public @Nullable ByteBuffer next() throws IOException {
    BlobStream source = body;
    if (source == null) {
      throw new IOException("stream is closed");
    }
    long before = System.nanoTime();
    scheduler.gate().pass(stream);
    long held = System.nanoTime() - before;
    if (stream.cancelled() || stream.superfluous()) {
      throw new StreamEnded();
    }
    heldNanos += held;
    stream.waiting(true);
    ByteBuffer piece;
    try {
      piece = source.next();
    } finally {
      stream.waiting(false);
    }
    if (piece != null) {
      arrived(piece.remaining());
    }
    return piece;
  }

  private void arrived(int length) {
    if (bytes == 0) {
      if (bytesBefore == 0) {
        stream.receives();
        stream.layer().link().firstByte(System.nanoTime() - opened - heldNanos);
      }
      scheduler.listener().firstByte(stream.layer().name(), range().offset());
    }
    bytes += length;
    stream.atBlob(range().offset() + bytes);
    Priority priority = stream.priority();
    scheduler.listener().bytesFetched(stream.layer().name(), length, priority);
    if (priority == Priority.BACKGROUND) {
      long before = System.nanoTime();
      scheduler.gate().hold(stream, scheduler.backgroundPause(length));
      heldNanos += System.nanoTime() - before;
    }
  }

  @Override
  public void close() {
    BlobRanges open = bodies;
    if (open != null) {
      bodies = null;
      body = null;
      stream.bodyClosed();
      open.close();
      long active = System.nanoTime() - opened - heldNanos;
      stream.layer().link().transferred(bytesBefore + bytes, active);
      scheduler.learnt(stream.layer().link());
    }
  }
}
