package dev.lazuli.estargz.index;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** A part of a file, read through a small buffer. The file stays the caller's. */
public final class IndexPart extends InputStream {
  private final FileChannel file;
  private final ByteBuffer buffer = ByteBuffer.allocate(16 << 10).limit(0);
  private long at;
  private long left;

  /** Reads {@code length} bytes from a place in the file, or fewer where it ends before. */
  public IndexPart(FileChannel file, long at, long length) {
    this.file = file;
    this.at = at;
    this.left = length;
  }

  @Override
  public int read() throws IOException {
    return fill() ? buffer.get() & 0xff : -1;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int count = Math.min(length, buffer.remaining());
    buffer.get(into, offset, count);
    return count;
  }

  private boolean fill() throws IOException {
    if (!buffer.hasRemaining() && left > 0) {
      buffer.clear().limit((int) Math.min(left, buffer.capacity()));
      int count = file.read(buffer, at);
      buffer.flip();
      at += Math.max(0, count);
      left = count < 0 ? 0 : left - count;
    }
    return buffer.hasRemaining();
  }
}
