package dev.lazuli.estargz.index;

import dev.lazuli.estargz.tar.TarBlocks;
import dev.lazuli.estargz.tar.TarInput;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** A tar of which only the headers are here: contents can be skipped, but not read. */
final class ReplayedTar extends TarInput {
  private final InputStream headers;
  private long offset;
  private long contentLeft;
  private int paddingLeft;

  ReplayedTar(InputStream headers) {
    this.headers = headers;
  }

  /** Returns where in the tar the next byte is. */
  long offset() {
    return offset;
  }

  /** Says that the next bytes are a file's content. */
  void content(long size) {
    contentLeft = size;
    paddingLeft = TarBlocks.padding(size);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int at, int length) throws IOException {
    if (contentLeft > 0) {
      throw new IllegalStateException(contentLeft + " bytes of a file were not skipped");
    }
    int count;
    if (paddingLeft > 0) {
      count = Math.min(length, paddingLeft);
      Arrays.fill(into, at, at + count, (byte) 0);
      paddingLeft -= count;
    } else {
      count = headers.read(into, at, length);
    }
    offset += Math.max(0, count);
    return count;
  }

  @Override
  public long skip(long count) throws IOException {
    if (contentLeft == 0) {
      return super.skip(count);
    }
    long skipped = Math.min(count, contentLeft);
    contentLeft -= skipped;
    offset += skipped;
    return skipped;
  }

  @Override
  public long strayReads() {
    return 0;
  }
}
