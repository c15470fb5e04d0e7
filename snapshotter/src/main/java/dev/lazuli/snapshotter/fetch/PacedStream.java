package dev.lazuli.snapshotter.fetch;

import dev.lazuli.estargz.BlobStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A body as its stream's decoder sees it: each piece passes the {@link Gate}, is paid for from the
 * background budget, and counted. Pieces are handed through, not copied.
 */
final class PacedStream implements BlobStream {
  private final FetchScheduler scheduler;
  private final RangeStream stream;
  private final long offset;
  private @Nullable BlobStream body;
  private long opened;
  private long bytes;
  private long heldNanos;

  PacedStream(FetchScheduler scheduler, RangeStream stream, long offset) {
    this.scheduler = scheduler;
    this.stream = stream;
    this.offset = offset;
  }

  void open(long length) throws IOException {
    opened = System.nanoTime();
    body = stream.open(offset, length);
  }

  /** Returns how many bytes were delivered. */
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
      stream.layer().link().firstByte(System.nanoTime() - opened - heldNanos);
      scheduler.listener().firstByte(stream.layer().name(), offset);
    }
    bytes += length;
    stream.atBlob(offset + bytes);
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
    BlobStream source = body;
    if (source != null) {
      body = null;
      stream.bodyClosed();
      source.close();
      long active = System.nanoTime() - opened - heldNanos;
      stream.layer().link().transferred(bytes, active);
      scheduler.learnt(stream.layer().link());
    }
  }
}
