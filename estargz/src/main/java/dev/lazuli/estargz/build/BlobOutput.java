package dev.lazuli.estargz.build;

import dev.lazuli.digest.Digest;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;

/** Counts and digests what goes through. */
final class BlobOutput extends FilterOutputStream {
  private final MessageDigest sha256 = Digest.newSha256();
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
  Digest digest() {
    return Digest.ofSha256(sha256.digest());
  }
}
