package dev.lazuli.estargz.build;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;

/** Bytes in memory, without the copies and locks of the JDK's own. */
final class ByteSink extends OutputStream {
  private byte[] bytes = new byte[64 << 10];
  private int length;

  int length() {
    return length;
  }

  void clear() {
    length = 0;
  }

  @Override
  public void write(int b) {
    reserve(1);
    bytes[length++] = (byte) b;
  }

  @Override
  public void write(byte[] from, int at, int count) {
    reserve(count);
    System.arraycopy(from, at, bytes, length, count);
    length += count;
  }

  void writeTo(OutputStream out) throws IOException {
    out.write(bytes, 0, length);
  }

  private void reserve(int count) {
    var needed = Math.addExact(length, count);
    if (needed > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(needed, (int) Math.min(1L << 30, 2L * bytes.length)));
    }
  }
}
