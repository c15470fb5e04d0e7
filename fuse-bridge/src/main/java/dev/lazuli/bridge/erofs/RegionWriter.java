package dev.lazuli.bridge.erofs;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Writes a part of a file from front to back through a buffer; gaps become zeros. */
final class RegionWriter {
  private static final int BUFFER_SIZE = 128 << 10; // 128 KiB
  private static final byte[] ZEROS = new byte[4096];

  private final FileChannel file;
  private final ByteBuffer buffer;
  private long flushed;
  private int used;

  RegionWriter(FileChannel file, long start, Arena arena) {
    this.file = file;
    this.flushed = start;
    this.buffer = arena.allocate(BUFFER_SIZE).asByteBuffer();
  }

  /** Returns the offset in the file of the next byte. */
  long position() {
    return flushed + used;
  }

  /** Writes the first bytes of an array. */
  void write(byte[] source, int length) throws IOException {
    for (int done = 0; done < length; ) {
      int step = step(length - done);
      buffer.put(used, source, done, step);
      used += step;
      done += step;
    }
  }

  /** Writes zeros up to {@code position}, which is not before this region's position. */
  void padTo(long position) throws IOException {
    while (position() < position) {
      int step = step(Math.min(ZEROS.length, position - position()));
      buffer.put(used, ZEROS, 0, step);
      used += step;
    }
  }

  void flush() throws IOException {
    writeFully(file, buffer.clear().limit(used), flushed);
    buffer.clear();
    flushed += used;
    used = 0;
  }

  static void writeFully(FileChannel file, ByteBuffer bytes, long position) throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      at += file.write(bytes, at);
    }
  }

  private int step(long wanted) throws IOException {
    if (used == BUFFER_SIZE) {
      flush();
    }
    return (int) Math.min(wanted, BUFFER_SIZE - used);
  }
}
