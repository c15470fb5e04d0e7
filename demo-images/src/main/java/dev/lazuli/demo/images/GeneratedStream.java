package dev.lazuli.demo.images;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Objects;

/** Reads generated content from front to back. */
final class GeneratedStream extends InputStream {
  private final GeneratedContent content;
  private long position;

  GeneratedStream(GeneratedContent content) {
    this.content = content;
  }

  @Override
  public int read() {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, target.length);
    var count = (int) Math.min(length, content.size() - position);
    if (length > 0 && count == 0) {
      return -1;
    }
    content.read(position, ByteBuffer.wrap(target, offset, count));
    position += count;
    return count;
  }
}
