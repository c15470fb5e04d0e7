package dev.lazuli.snapshotter.bulk;

import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A blob in memory whose ranges can be held, cut off and counted. Safe for any thread. */
final class RangedBlob implements BlobSource {
  private static final int PIECE = 10_000;

  final List<Long> opened = new CopyOnWriteArrayList<>();
  final AtomicInteger open = new AtomicInteger();
  final AtomicInteger mostOpen = new AtomicInteger();
  final AtomicInteger wrong = new AtomicInteger();
  volatile byte[] bytes;

  /** Ranges from here on give nothing before the gate opens. */
  volatile long heldFrom = Long.MAX_VALUE;

  final CountDownLatch gate = new CountDownLatch(1);

  /** So many ranges break off after one piece. */
  final AtomicInteger toBreak = new AtomicInteger();

  /** From this offset on nothing can be read. */
  volatile long deadFrom = Long.MAX_VALUE;

  /** Run before each piece is handed out. */
  volatile Runnable onPiece = () -> {};

  RangedBlob(byte[] bytes) {
    this.bytes = bytes;
  }

  volatile boolean acceptsRanges = true;

  /** By how much the size that it states is too large. */
  volatile long moreThanThereIs;

  @Override
  public long size() {
    return bytes.length + moreThanThereIs;
  }

  @Override
  public boolean acceptsRanges() {
    return acceptsRanges;
  }

  @Override
  public BlobStream open(long offset, long length) throws IOException {
    if (offset >= deadFrom) {
      throw new IOException("registry died");
    }
    opened.add(offset);
    int now = open.incrementAndGet();
    mostOpen.accumulateAndGet(now, Math::max);
    return new Range(offset, offset + length, toBreak.getAndDecrement() > 0);
  }

  @Override
  public void wrongBytes(long offset, long length) {
    wrong.incrementAndGet();
  }

  private final class Range implements BlobStream {
    private final long end;
    private final boolean breaks;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final AtomicBoolean isClosed = new AtomicBoolean();
    private long at;
    private int pieces;

    Range(long at, long end, boolean breaks) {
      this.at = at;
      this.end = end;
      this.breaks = breaks;
    }

    @Override
    public @Nullable ByteBuffer next() throws IOException {
      awaitGate();
      onPiece.run();
      if (closed.getCount() == 0) {
        throw new IOException("closed");
      }
      if (breaks && pieces == 1) {
        throw new IOException("connection reset");
      }
      if (at == end || at >= bytes.length) {
        return null;
      }
      if (at >= deadFrom) {
        throw new IOException("registry died");
      }
      pieces++;
      int count = (int) Math.min(PIECE, Math.min(end, bytes.length) - at);
      var piece = ByteBuffer.allocateDirect(count).put(bytes, (int) at, count).flip();
      at += count;
      return piece;
    }

    private void awaitGate() {
      Eventually.until(() -> at < heldFrom || gate.getCount() == 0 || closed.getCount() == 0);
    }

    @Override
    public void close() {
      if (isClosed.compareAndSet(false, true)) { // By two threads at a time, too.
        closed.countDown();
        open.decrementAndGet();
      }
    }
  }
}
