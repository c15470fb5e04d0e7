package dev.lazuli.cache.chunks;

import com.google.errorprone.annotations.MustBeClosed;
import dev.lazuli.cache.disk.Disk;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * Writes a {@code starts} file: windows as they come, rows, 32 bytes of heap each, at the end. For
 * one thread.
 */
public final class StartTableBuilder implements StartTable.Builder, Closeable {
  private final FileChannel channel;
  private final CRC32C windowsChecksum = new CRC32C();
  private ByteBuffer rows = allocate(64);
  private long position = StartTable.HEADER_BYTES;
  private long lastBlobOffset = -1;
  private int count;

  @MustBeClosed
  @SuppressWarnings("MustBeClosed") // close() closes it.
  public StartTableBuilder(Disk disk, Path file) throws IOException {
    channel = disk.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  private static ByteBuffer allocate(int count) {
    return ByteBuffer.allocate(count * StartTable.ROW_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void add(long blobOffset, int bit, long tarOffset, ByteBuffer window) throws IOException {
    int size = window.remaining();
    boolean hasWindow = size > 0 && size <= StartTable.MOST_WINDOW_BYTES;
    if (blobOffset <= lastBlobOffset || tarOffset < 0 || bit > 7 || hasWindow != bit >= 0) {
      throw new IllegalArgumentException(
          "start %d: blob %d after %d, bit %d, tar %d, window of %d bytes"
              .formatted(count, blobOffset, lastBlobOffset, bit, tarOffset, size));
    }
    if (count == StartTable.MOST_STARTS || position + size > StartTable.MOST_BYTES / 2) {
      throw new IOException("more than %d starts".formatted(count));
    }
    if (!rows.hasRemaining()) {
      rows = allocate(2 * count).put(rows.flip());
    }
    rows.putLong(blobOffset).putLong(tarOffset).putLong(position).putInt(size).putInt(bit);
    windowsChecksum.update(window.duplicate());
    write(window, position);
    position += size;
    lastBlobOffset = blobOffset;
    count++;
  }

  /** Writes rows and header, and syncs the file. */
  public void finish() throws IOException {
    var header = ByteBuffer.allocate(StartTable.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    var rowsChecksum = new CRC32C();
    rowsChecksum.update(rows.flip().duplicate());
    header.putLong(StartTable.MAGIC).putInt(count).putInt((int) windowsChecksum.getValue());
    header.putLong(position).putInt((int) rowsChecksum.getValue());
    write(rows, position);
    write(header.rewind(), 0);
    channel.force(true);
  }

  private void write(ByteBuffer bytes, long at) throws IOException {
    long next = at;
    while (bytes.hasRemaining()) {
      next += channel.write(bytes, next);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
