package dev.lazuli.testimages.images;

import dev.lazuli.demo.images.FileContent;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Content that lies within a file, such as an archive. */
record FileSlice(Path file, long offset, long size) implements FileContent {
  @Override
  public InputStream open() throws IOException {
    var channel = FileChannel.open(file, StandardOpenOption.READ).position(offset);
    return new Bounded(Channels.newInputStream(channel), size);
  }

  /** Ends after some bytes. */
  private static final class Bounded extends FilterInputStream {
    private long left;

    Bounded(InputStream in, long size) {
      super(in);
      this.left = size;
    }

    @Override
    public int read() throws IOException {
      var value = left > 0 ? super.read() : -1;
      left -= value < 0 ? 0 : 1;
      return value;
    }

    @Override
    public int read(byte[] target, int at, int length) throws IOException {
      var count = left > 0 ? super.read(target, at, (int) Math.min(length, left)) : -1;
      left -= Math.max(0, count);
      return count;
    }
  }
}
