package dev.lazuli.snapshotter.knowledge;

import dev.lazuli.digest.Digest;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.security.MessageDigest;

/** Writes to a file through a buffer, counts, and digests. The file stays the caller's. */
final class HashedOutput extends OutputStream {
  private final WritableByteChannel file;
  private final ByteBuffer buffer = ByteBuffer.allocate(64 << 10);
  private final MessageDigest sha256 = Digest.newSha256();
  private long count;

  HashedOutput(WritableByteChannel file) {
    this.file = file;
  }

  /** Returns how many bytes were written. */
  long count() {
    return count;
  }

  @Override
  public void write(int b) throws IOException {
    if (!buffer.hasRemaining()) {
      flush();
    }
    buffer.put((byte) b);
    count++;
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    for (int at = offset; at < offset + length; ) {
      if (!buffer.hasRemaining()) {
        flush();
      }
      int part = Math.min(buffer.remaining(), offset + length - at);
      buffer.put(bytes, at, part);
      at += part;
      count += part;
    }
  }

  @Override
  public void flush() throws IOException {
    buffer.flip();
    sha256.update(buffer.duplicate());
    while (buffer.hasRemaining()) {
      file.write(buffer);
    }
    buffer.clear();
  }

  /** Writes the digest of all that was written. */
  void end() throws IOException {
    flush();
    var digest = ByteBuffer.wrap(sha256.digest());
    while (digest.hasRemaining()) {
      file.write(digest);
    }
  }
}
