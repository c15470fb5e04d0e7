package dev.lazuli.estargz.read;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Bytes that are not compressed: one stream, from wherever it is started to the blob's end. */
final class PlainDecoder implements StreamDecoder {
  private @Nullable BlobCursor in;
  private long start;

  @Override
  public void start(BlobCursor newIn, String layer) {
    in = newIn;
    start = newIn.position();
  }

  @Override
  public boolean decode(ByteBuffer out) throws IOException {
    while (out.hasRemaining()) {
      if (!copy(out)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean decodeStream(ByteBuffer out) throws IOException {
    int before = out.position();
    return decode(out) || out.position() > before;
  }

  private boolean copy(ByteBuffer out) throws IOException {
    if (in == null) {
      throw new IllegalStateException("not started");
    }
    var piece = in.piece();
    if (piece == null) {
      return false;
    }
    int count = Math.min(piece.remaining(), out.remaining());
    out.put(out.position(), piece, piece.position(), count);
    out.position(out.position() + count);
    piece.position(piece.position() + count);
    return true;
  }

  @Override
  public long streamStart() {
    return start;
  }

  @Override
  public void close() {
    in = null;
  }
}
