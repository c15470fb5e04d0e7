package dev.lazuli.snapshotter.proof;

import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A blob in memory whose source can fail at any byte. */
final class FaultyBlob implements BlobSource {
  private static final int PIECE = 8192;

  /** What happens before a piece. */
  interface Fault {
    void before(long at) throws IOException;
  }

  final byte[] bytes;
  final AtomicInteger opened = new AtomicInteger();
  final AtomicInteger distrusted = new AtomicInteger();
  volatile Fault fault = _ -> {};

  FaultyBlob(byte[] bytes) {
    this.bytes = bytes;
  }

  @Override
  public long size() {
    return bytes.length;
  }

  @Override
  public BlobStream open(long offset, long length) throws IOException {
    fault.before(offset);
    opened.incrementAndGet();
    return new Range(offset, offset + length);
  }

  /** Returns the whole blob, without faults. */
  BlobStream whole() {
    var range = new Range(0, bytes.length);
    range.faultless = true;
    return range;
  }

  @Override
  public void wrongBytes(long offset, long length) {
    distrusted.incrementAndGet();
  }

  private final class Range implements BlobStream {
    private final long end;
    private long at;
    private boolean faultless;

    Range(long at, long end) {
      this.at = at;
      this.end = end;
    }

    @Override
    public @Nullable ByteBuffer next() throws IOException {
      if (at == end) {
        return null;
      }
      if (!faultless) {
        fault.before(at);
      }
      int length = (int) Math.min(PIECE, end - at);
      var piece = ByteBuffer.allocateDirect(length).put(bytes, (int) at, length).flip();
      at += length;
      return piece;
    }

    @Override
    public void close() {}
  }
}
