package dev.lazuli.cache.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/** CRC-32C of files that must not have changed since they were written. */
public final class Checksums {
  private static final int BUFFER_BYTES = 64 << 10;

  private Checksums() {}

  /** Returns the checksum of a file from {@code offset} to its end. */
  public static int of(Disk disk, Path file, long offset) throws IOException {
    var crc = new CRC32C();
    var buffer = ByteBuffer.allocate(BUFFER_BYTES);
    try (var channel = disk.open(file, StandardOpenOption.READ)) {
      channel.position(offset);
      while (channel.read(buffer) >= 0) {
        crc.update(buffer.flip());
        buffer.clear();
      }
    }
    return (int) crc.getValue();
  }
}
