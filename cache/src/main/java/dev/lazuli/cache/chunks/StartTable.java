package dev.lazuli.cache.chunks;

import dev.lazuli.cache.disk.CacheCorruptException;
import dev.lazuli.cache.disk.Disk;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.zip.CRC32C;

/**
 * Where in a layer's blob decompression can start: where streams begin, and at checkpoints within
 * them, each with the bytes before it that are needed. Read straight from the mapped {@code starts}
 * file: no heap per start. Thread-safe; usable while the {@code LayerData} it came from is open.
 *
 * <p>The file is written once, synced, and never changed. Windows lie behind the header, rows
 * behind them. All numbers are little-endian:
 *
 * <pre>
 * header (32 bytes)                     row (32 bytes each, ascending)
 *   0  8  magic "LZSTART1"                0  8  blob offset
 *   8  4  row count                       8  8  tar offset of the first byte that comes out
 *  12  4  CRC-32C of the windows         16  8  place of the window in the file
 *  16  8  place of the first row         24  4  size of the window, 0 for a stream's start
 *  24  4  CRC-32C of the rows            28  4  first bit in the byte, 0 to 7; -1: a stream begins
 *  28  4  zero
 * </pre>
 */
public final class StartTable {
  /** As many as a layer may have: rows of 8 MiB. */
  public static final int MOST_STARTS = 1 << 18;

  /** 1 GiB. */
  static final long MOST_BYTES = 1L << 30;

  static final int HEADER_BYTES = 32;
  static final int ROW_BYTES = 32;
  static final long MAGIC = 0x3154_5241_5453_5a4cL; // "LZSTART1"

  /** The most that a window may have: 32 KiB that cannot be compressed, and a frame. */
  static final int MOST_WINDOW_BYTES = 33 << 10;

  private static final int TAR_OFFSET = 8;
  private static final int WINDOW = 16;
  private static final int WINDOW_BYTES = 24;
  private static final int BIT = 28;

  private static final StartTable NONE = new StartTable(SortedRows.NONE);

  private final SortedRows rows;

  private StartTable(SortedRows rows) {
    this.rows = rows;
  }

  /** Returns a table without rows. */
  public static StartTable none() {
    return NONE;
  }

  /**
   * Maps {@code file}; the mapping lives as long as {@code arena}.
   *
   * @param verify whether to compare the windows, too, with their checksum
   */
  public static StartTable map(Disk disk, Path file, Arena arena, boolean verify)
      throws IOException {
    try (var channel = disk.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size < HEADER_BYTES || size > MOST_BYTES) {
        throw new CacheCorruptException(
            file, "%d bytes cannot be a table of starts".formatted(size));
      }
      var segment = channel.map(MapMode.READ_ONLY, 0, size, arena);
      return of(segment.asByteBuffer(), file, verify);
    }
  }

  /**
   * Returns the table in a file's bytes.
   *
   * @param file named in errors
   * @throws CacheCorruptException if it is not one that was written here
   */
  private static StartTable of(ByteBuffer bytes, Path file, boolean verify)
      throws CacheCorruptException {
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    int count = bytes.getInt(8);
    long rows = bytes.getLong(16);
    if (bytes.getLong(0) != MAGIC
        || count < 0
        || count > MOST_STARTS
        || rows < HEADER_BYTES
        || rows + (long) count * ROW_BYTES != bytes.limit()) {
      throw new CacheCorruptException(
          file, "bad header, %d starts in %d bytes".formatted(count, bytes.limit()));
    }
    boolean valid =
        checksum(bytes, (int) rows, bytes.limit()) == bytes.getInt(24)
            && (!verify || checksum(bytes, HEADER_BYTES, (int) rows) == bytes.getInt(12));
    if (!valid) {
      throw new CacheCorruptException(file, "checksum differs");
    }
    return new StartTable(new SortedRows(bytes, (int) rows, ROW_BYTES, count));
  }

  private static int checksum(ByteBuffer bytes, int from, int to) {
    var crc = new CRC32C();
    crc.update(bytes.slice(from, to - from));
    return (int) crc.getValue();
  }

  /** Returns the number of starts. */
  public int count() {
    return rows.count();
  }

  /** Returns the start in a byte of the blob, or -1. */
  public int find(long blobOffset) {
    int start = rows.firstFrom(blobOffset);
    return start < rows.count() && rows.key(start) == blobOffset ? start : -1;
  }

  /** Returns the byte of the blob in which decompression starts. */
  public long blobOffset(int start) {
    return rows.key(start);
  }

  /** Returns where in the tar the first byte belongs that comes out. */
  public long tarOffset(int start) {
    return rows.file().getLong(rows.at(start) + TAR_OFFSET);
  }

  /** Returns the first bit of the byte that is to be decompressed; -1 if a stream begins. */
  public int bit(int start) {
    return rows.file().getInt(rows.at(start) + BIT);
  }

  /** Returns what comes out before a checkpoint, deflated; empty at the start of a stream. */
  public ByteBuffer window(int start) {
    ByteBuffer file = rows.file();
    long place = file.getLong(rows.at(start) + WINDOW);
    int size = file.getInt(rows.at(start) + WINDOW_BYTES);
    Objects.checkFromIndexSize(place, size, (long) rows.first());
    Objects.checkIndex(size, MOST_WINDOW_BYTES + 1);
    return file.slice((int) place, size);
  }

  /** Takes the starts of a new layer in the order of the blob. One thread. */
  public interface Builder {
    /**
     * Adds the next start.
     *
     * @param blobOffset above the last one's
     * @param bit 0 to 7, or -1 where a stream begins
     * @param window what comes out before a checkpoint, deflated
     * @throws IllegalArgumentException if the numbers contradict each other
     * @throws IOException if it cannot be written, or there are more than a layer may have
     */
    void add(long blobOffset, int bit, long tarOffset, ByteBuffer window) throws IOException;
  }
}
