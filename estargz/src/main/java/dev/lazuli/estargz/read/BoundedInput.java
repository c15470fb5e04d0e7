package dev.lazuli.estargz.read;

import dev.lazuli.estargz.LayerFormatException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;

/** The TOC's JSON: digested as it is read, an error if there is more of it than allowed. */
final class BoundedInput extends FilterInputStream {
  private final String layer;
  private final long limit;
  private final MessageDigest digest;
  private long count;

  BoundedInput(InputStream in, String layer, long limit, MessageDigest digest) {
    super(in);
    this.layer = layer;
    this.limit = limit;
    this.digest = digest;
  }

  @Override
  public int read() throws IOException {
    var b = in.read();
    if (b >= 0) {
      digest.update((byte) b);
      count(1);
    }
    return b;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    var read = in.read(into, offset, length);
    if (read > 0) {
      digest.update(into, offset, read);
      count(read);
    }
    return read;
  }

  /** Reads what is left, so that the digest covers all. */
  void drain() throws IOException {
    transferTo(OutputStream.nullOutputStream());
  }

  /** Returns the bytes read. */
  long count() {
    return count;
  }

  private void count(int read) throws LayerFormatException {
    count += read;
    if (count > limit) {
      throw new LayerFormatException(layer, "TOC bytes", "over " + limit, "at most " + limit);
    }
  }
}
