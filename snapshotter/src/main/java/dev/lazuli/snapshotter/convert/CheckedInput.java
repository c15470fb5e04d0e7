package dev.lazuli.snapshotter.convert;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.BlobStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * A blob from its first byte to its last, and at its end the certainty that it is the right one.
 */
final class CheckedInput extends InputStream {
  private final Digest expected;
  private final long size;
  private final MessageDigest hash;
  private final @Nullable BlobStream range;
  private @Nullable ByteBuffer piece;
  private long count;

  CheckedInput(BlobSource blob, Digest expected, long size) throws IOException {
    this.expected = expected;
    this.size = size;
    hash = expected.newHash();
    range = size == 0 ? null : blob.open(0, size);
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    var from = piece;
    while (from == null || !from.hasRemaining()) {
      from = range == null ? null : range.next();
      if (from == null) {
        return -1;
      }
    }
    piece = from;
    var taken = Math.min(length, from.remaining());
    from.get(into, offset, taken);
    hash.update(into, offset, taken);
    count += taken;
    return taken;
  }

  /**
   * Reads what is left and compares the digest.
   *
   * @throws IOException if the bytes were not those of the blob
   */
  void finish() throws IOException {
    transferTo(OutputStream.nullOutputStream());
    var actual = Digest.finish(hash);
    if (count != size || !actual.equals(expected)) {
      throw new IOException(
          "content is " + count + " bytes with " + actual + ", expected " + size + " bytes");
    }
  }

  @Override
  public void close() {
    if (range != null) {
      range.close();
    }
  }
}
