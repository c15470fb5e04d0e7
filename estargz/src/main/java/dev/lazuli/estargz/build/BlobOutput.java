package dev.lazuli.estargz.build;

import dev.lazuli.estargz.Sha256;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;

/** Counts and digests what goes through. */
final class BlobOutput extends FilterOutputStream {
  private final MessageDigest sha256 = Sha256.newComputation();
  private long count;

  BlobOutput(OutputStream out) {
    super(out);
  }

  @Override
  public void write(int b) throws IOException {
    out.write(b);
    sha256.update((byte) b);
    count++;
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    out.write(bytes, offset, length);
    sha256.update(bytes, offset, length);
    count += length;
  }

  long count() {
    return count;
  }

  /** Returns the digest of all that went through; once. */
  Sha256 digest() {
    return Sha256.of(sha256.digest());
  }
}
