package dev.lazuli.estargz.index;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Ends after as many bytes as were announced, however many there are. */
final class HeaderBytes extends FilterInputStream {
  private long left;

  HeaderBytes(InputStream in, long length) {
    super(in);
    left = length;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (left == 0) {
      return -1;
    }
    int count = in.read(into, offset, (int) Math.min(length, left));
    left -= Math.max(0, count);
    return count;
  }
}
