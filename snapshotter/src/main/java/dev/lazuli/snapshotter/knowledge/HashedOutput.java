package dev.lazuli.snapshotter.knowledge;

import dev.lazuli.digest.Digest;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.security.DigestOutputStream;

/** Writes to a file through a buffer, counts, and digests. The file stays the caller's. */
final class HashedOutput extends DigestOutputStream {
  private static final int BUFFER_BYTES = 64 << 10;

  private long count;

  HashedOutput(WritableByteChannel file) {
    super(
        new BufferedOutputStream(Channels.newOutputStream(file), BUFFER_BYTES), Digest.newSha256());
  }

  /** Returns how many bytes were written. */
  long count() {
    return count;
  }

  @Override
  public void write(int b) throws IOException {
    super.write(b);
    count++;
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    super.write(bytes, offset, length);
    count += length;
  }

  /** Writes the digest of all that was written. */
  void end() throws IOException {
    out.write(getMessageDigest().digest());
    flush();
  }
}
