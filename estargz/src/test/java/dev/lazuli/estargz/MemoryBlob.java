package dev.lazuli.estargz;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A blob in memory that gives its bytes in pieces of a chosen size and remembers the requests. */
public final class MemoryBlob implements BlobSource {
  private final byte[] bytes;
  private final int pieceBytes;
  private final boolean direct;
  public final List<String> requests = new ArrayList<>();

  public MemoryBlob(byte[] bytes) {
    this(bytes, 1000, true);
  }

  public MemoryBlob(byte[] bytes, int pieceBytes, boolean direct) {
    this.bytes = bytes;
    this.pieceBytes = pieceBytes;
    this.direct = direct;
  }

  public byte[] bytes() {
    return bytes;
  }

  @Override
  public long size() {
    return bytes.length;
  }

  @Override
  public BlobStream open(long offset, long length) {
    requests.add(offset + "+" + length);
    return new Pieces((int) offset, (int) length);
  }

  private final class Pieces implements BlobStream {
    private int at;
    private int left;

    Pieces(int at, int left) {
      this.at = at;
      this.left = left;
    }

    @Override
    public @Nullable ByteBuffer next() {
      if (left == 0) {
        return null;
      }
      var count = Math.min(left, pieceBytes);
      var piece = direct ? ByteBuffer.allocateDirect(count) : ByteBuffer.allocate(count);
      piece.put(bytes, at, count).flip();
      at += count;
      left -= count;
      return piece;
    }

    @Override
    public void close() {
      left = 0;
    }
  }
}
