package dev.lazuli.bridge.erofs;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Writes a part of a file from front to back through a buffer; gaps become zeros. */
final class RegionWriter {
  private static final int BUFFER_SIZE = 128 << 10; // 128 KiB

  private final FileChannel file;
  private final MemorySegment buffer;
  private long flushed;
  private int used;

  RegionWriter(FileChannel file, long start, Arena arena) {
    this.file = file;
    this.flushed = start;
    this.buffer = arena.allocate(BUFFER_SIZE);
  }

  /** Returns the offset in the file of the next byte. */
  long position() {
    return flushed + used;
  }

  void write(MemorySegment source, long offset, long length) throws IOException {
    for (long done = 0; done < length; ) {
      int step = step(length - done);
      MemorySegment.copy(source, offset + done, buffer, used, step);
      used += step;
      done += step;
    }
  }

  /** Writes zeros up to {@code position}, which is not before this region's position. */
  void padTo(long position) throws IOException {
    while (position() < position) {
      int step = step(position - position());
      buffer.asSlice(used, step).fill((byte) 0);
      used += step;
    }
  }

  void flush() throws IOException {
    writeFully(file, buffer.asSlice(0, used).asByteBuffer(), flushed);
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
