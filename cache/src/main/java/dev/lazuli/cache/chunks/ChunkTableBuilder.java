package dev.lazuli.cache.chunks;

import static dev.lazuli.cache.chunks.ChunkTable.DIGEST_BYTES;
import static dev.lazuli.cache.chunks.ChunkTable.HEADER_BYTES;
import static dev.lazuli.cache.chunks.ChunkTable.RECORD_BYTES;

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
import org.jspecify.annotations.Nullable;

/** Writes a {@code chunks} file front to back through one small buffer. */
public final class ChunkTableBuilder implements ChunkTable.Builder, Closeable {
  private static final int BUFFERED_RECORDS = 512;

  private final FileChannel channel;
  private final ByteBuffer buffer =
      ByteBuffer.allocate(BUFFERED_RECORDS * RECORD_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private final CRC32C checksum = new CRC32C();
  private final long blobSize;
  private long position = HEADER_BYTES;
  private int count;
  private long lastEnd;
  private long lastBlobOffset;
  private long lastInnerOffset = -1;
  private boolean blobOrdered = true;
  private long dataSize = -1;
  private @Nullable Integer metaChecksum;

  @MustBeClosed
  @SuppressWarnings("MustBeClosed") // close() closes it.
  public ChunkTableBuilder(Disk disk, Path file, long blobSize) throws IOException {
    this.channel = disk.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    this.blobSize = blobSize;
  }

  /** States the CRC-32C of the metadata image beside the table. */
  public void metaChecksum(int crc) {
    metaChecksum = crc;
  }

  @Override
  public void add(
      long dataOffset, long size, long blobOffset, long blobEnd, long innerOffset, byte[] sha256)
      throws IOException {
    if (dataOffset < lastEnd
        || size < 1
        || size > Long.MAX_VALUE - dataOffset - Blocks.SIZE
        || blobOffset < 0
        || blobEnd <= blobOffset
        || blobEnd > blobSize
        || innerOffset < 0
        || sha256.length != DIGEST_BYTES) {
      throw new IllegalArgumentException(
          "chunk %d: data %d+%d after %d, blob %d-%d of %d, inner %d"
              .formatted(
                  count, dataOffset, size, lastEnd, blobOffset, blobEnd, blobSize, innerOffset));
    }
    if (count == ChunkTable.MAX_CHUNKS) {
      throw new IllegalArgumentException("more than %d chunks".formatted(ChunkTable.MAX_CHUNKS));
    }
    if (buffer.remaining() < RECORD_BYTES) {
      flush();
    }
    buffer.putLong(dataOffset).putLong(size);
    buffer.putLong(blobOffset).putLong(blobEnd).putLong(innerOffset).put(sha256);
    noteOrder(blobOffset, innerOffset);
    lastEnd = dataOffset + size;
    count++;
  }

  private void noteOrder(long blobOffset, long innerOffset) {
    blobOrdered &=
        blobOffset > lastBlobOffset
            || (blobOffset == lastBlobOffset && innerOffset > lastInnerOffset);
    lastBlobOffset = blobOffset;
    lastInnerOffset = innerOffset;
  }

  @Override
  public void dataSize(long bytes) {
    dataSize = bytes;
  }

  /** Writes the header, syncs the file and returns the data file's size. */
  public long finish() throws IOException {
    flush();
    long size = dataSize < 0 ? Blocks.up(lastEnd) : dataSize;
    if (size < lastEnd) {
      throw new IllegalArgumentException(
          "data size %d is before the last chunk's end %d".formatted(size, lastEnd));
    }
    buffer.putLong(ChunkTable.MAGIC).putInt(RECORD_BYTES).putInt(count).putLong(size);
    buffer.putInt((int) checksum.getValue()).putInt(blobOrdered ? 1 : 0);
    buffer.putInt(metaChecksum == null ? 0 : 1).putInt(metaChecksum == null ? 0 : metaChecksum);
    buffer.put(new byte[HEADER_BYTES - buffer.position()]).flip();
    writeFully(0);
    channel.force(true);
    return size;
  }

  public int count() {
    return count;
  }

  private void flush() throws IOException {
    buffer.flip();
    checksum.update(buffer.duplicate());
    int bytes = buffer.remaining();
    writeFully(position);
    position += bytes;
  }

  private void writeFully(long at) throws IOException {
    long next = at;
    while (buffer.hasRemaining()) {
      next += channel.write(buffer, next);
    }
    buffer.clear();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
