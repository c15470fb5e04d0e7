package dev.lazuli.snapshotter.convert;

import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A small blob that is in memory. Safe for any thread.
 *
 * @param bytes nobody changes them
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record BytesBlob(byte[] bytes) implements BlobSource {
  @Override
  public long size() {
    return bytes.length;
  }

  @Override
  public BlobStream open(long offset, long length) {
    return new One(ByteBuffer.wrap(bytes, (int) offset, (int) length));
  }

  private static final class One implements BlobStream {
    private @Nullable ByteBuffer piece;

    One(ByteBuffer piece) {
      this.piece = piece;
    }

    @Override
    public @Nullable ByteBuffer next() {
      var next = piece;
      piece = null;
      return next;
    }

    @Override
    public void close() {
      piece = null;
    }
  }
}
