package dev.lazuli.cache.chunks;

import dev.lazuli.cache.disk.CacheCorruptException;
import dev.lazuli.cache.disk.Checksums;
import dev.lazuli.cache.disk.Disk;
import dev.lazuli.cache.disk.Durable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * The spans of a layer's blob, of each the digest of its compressed bytes: of a layer whose index
 * does not state the digests of its chunks. Read straight from the mapped {@code spans} file.
 * Thread-safe; usable while the {@code LayerData} it came from is open.
 *
 * <p>The file is written once, synced, and never changed. All numbers are little-endian:
 *
 * <pre>
 * header (16 bytes)                  row (48 bytes each, ascending)
 *   0  8  magic "LZSPANS1"             0  8  blob offset
 *   8  4  row count                    8  8  blob offset of its end
 *  12  4  CRC-32C of the rows         16 32  SHA-256 of the compressed bytes
 * </pre>
 */
public final class SpanTable {
  /** As many as a layer may have starts. */
  private static final int MOST = StartTable.MOST_STARTS;

  private static final int HEADER_BYTES = 16;
  private static final int ROW_BYTES = 48;
  private static final long MAGIC = 0x3153_4e41_5053_5a4cL; // "LZSPANS1"
  private static final int END = 8;
  private static final int DIGEST = 16;

  private static final SpanTable NONE = new SpanTable(SortedRows.NONE);

  private final SortedRows rows;

  private SpanTable(SortedRows rows) {
    this.rows = rows;
  }

  /** Returns a table without rows. */
  public static SpanTable none() {
    return NONE;
  }

  /** Maps {@code file}; the mapping lives as long as {@code arena}. */
  public static SpanTable map(Disk disk, Path file, Arena arena) throws IOException {
    try (var channel = disk.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size < HEADER_BYTES || size > HEADER_BYTES + (long) MOST * ROW_BYTES) {
        throw new CacheCorruptException(
            file, "%d bytes cannot be a table of spans".formatted(size));
      }
      var bytes = channel.map(MapMode.READ_ONLY, 0, size, arena).asByteBuffer();
      bytes.order(ByteOrder.LITTLE_ENDIAN);
      int count = bytes.getInt(8);
      if (bytes.getLong(0) != MAGIC || size != HEADER_BYTES + (long) count * ROW_BYTES) {
        throw new CacheCorruptException(file, "bad header, %d spans".formatted(count));
      }
      if (Checksums.of(disk, file, HEADER_BYTES) != bytes.getInt(12)) {
        throw new CacheCorruptException(file, "checksum differs");
      }
      return new SpanTable(new SortedRows(bytes, HEADER_BYTES, ROW_BYTES, count));
    }
  }

  /** Returns how many there are; 0 if the chunks have digests of their own. */
  public int count() {
    return rows.count();
  }

  /** Returns the first span that begins at {@code blobOffset} or behind it; the count if none. */
  public int find(long blobOffset) {
    return rows.firstFrom(blobOffset);
  }

  /** Returns where the span begins in the blob. */
  public long start(int span) {
    return rows.key(span);
  }

  /** Returns where the span ends in the blob. */
  public long end(int span) {
    return rows.file().getLong(rows.at(span) + END);
  }

  /** Copies the SHA-256 of the span's compressed bytes into the first 32 bytes of {@code into}. */
  public void digest(int span, byte[] into) {
    rows.file().get(rows.at(span) + DIGEST, into, 0, ChunkTable.DIGEST_BYTES);
  }

  /** Takes the spans of a new layer, in the order of the blob. One thread. */
  public static final class Builder {
    private ByteBuffer rows = ByteBuffer.allocate(64 * ROW_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private int count;

    /**
     * Adds the next span.
     *
     * @throws IOException if there are more than a layer may have
     */
    public void add(long start, long end, byte[] sha256) throws IOException {
      if (count == MOST) {
        throw new IOException("more than %d spans".formatted(MOST));
      }
      if (!rows.hasRemaining()) {
        rows =
            ByteBuffer.allocate(2 * rows.capacity())
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(rows.flip());
      }
      rows.putLong(start).putLong(end).put(sha256, 0, ChunkTable.DIGEST_BYTES);
      count++;
    }

    private static int checksum(ByteBuffer rows) {
      var crc = new CRC32C();
      crc.update(rows);
      return (int) crc.getValue();
    }

    /** Writes the file and syncs it. */
    public void write(Disk disk, Path file) throws IOException {
      var all = rows.duplicate().flip();
      var bytes = ByteBuffer.allocate(HEADER_BYTES + all.limit()).order(ByteOrder.LITTLE_ENDIAN);
      bytes.putLong(MAGIC).putInt(count).putInt(checksum(all.duplicate())).put(all);
      Durable.write(disk, file, bytes.flip());
    }
  }
}
