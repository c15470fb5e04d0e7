package dev.lazuli.cache.chunks;

import dev.lazuli.cache.disk.CacheCorruptException;
import dev.lazuli.cache.disk.Checksums;
import dev.lazuli.cache.disk.Disk;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where each chunk of a layer lies in the data file and in the blob, sorted by data offset. Read
 * straight from the mapped {@code chunks} file: no heap per chunk. Thread-safe; usable while the
 * {@code LayerData} it came from is open.
 *
 * <p>The file is written once, synced, and never changed. All numbers are little-endian:
 *
 * <pre>
 * header (64 bytes)                     record (72 bytes each)
 *   0  8  magic "LZCHUNK1"                0  8  data offset
 *   8  4  record size: 72                 8  8  size, at least 1
 *  12  4  chunk count                    16  8  blob offset of the compressed stream
 *  16  8  data file size                 24  8  blob offset of that stream's end
 *  24  4  CRC-32C of all records         32  8  inner offset: bytes of the stream before the chunk
 *  28  4  1: blob order is data order    40 32  SHA-256 of the chunk
 *  32  4  1: the next field is there
 *  36  4  CRC-32C of meta.erofs
 *  40 24  zero
 * </pre>
 */
public final class ChunkTable {
  /** The most chunks a layer may have: 16 Mi, a table of 1.1 GiB. */
  public static final int MAX_CHUNKS = 1 << 24;

  static final int HEADER_BYTES = 64;
  static final int RECORD_BYTES = 72;
  static final long MAGIC = 0x314b_4e55_4843_5a4cL; // "LZCHUNK1"
  public static final int DIGEST_BYTES = 32;

  private static final int SIZE = 8;
  private static final int BLOB_OFFSET = 16;
  private static final int BLOB_END = 24;
  private static final int INNER_OFFSET = 32;
  private static final int DIGEST = 40;

  /** At most 1.2 GB. A buffer, because the quick compiler makes slow code of segments' methods. */
  private final ByteBuffer table;

  private final int count;
  private final long dataSize;
  private final boolean blobOrdered;
  private final @Nullable LearntDigests learnt;

  private ChunkTable(ByteBuffer table, @Nullable LearntDigests learnt) {
    this.table = table;
    this.learnt = learnt;
    this.count = table.getInt(12);
    this.dataSize = table.getLong(16);
    this.blobOrdered = table.getInt(28) == 1;
  }

  /** Maps {@code file}; the mapping lives as long as {@code arena}. */
  public static ChunkTable map(Disk disk, Path file, Arena arena) throws IOException {
    try (var channel = disk.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size < HEADER_BYTES) {
        throw new CacheCorruptException(file, "%d bytes are not a chunk table".formatted(size));
      }
      if (size > HEADER_BYTES + (long) MAX_CHUNKS * RECORD_BYTES) {
        throw new CacheCorruptException(file, "%d bytes are too many".formatted(size));
      }
      var segment = channel.map(MapMode.READ_ONLY, 0, size, arena);
      var table = segment.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
      int count = table.getInt(12);
      if (table.getLong(0) != MAGIC
          || table.getInt(8) != RECORD_BYTES
          || count < 0
          || count > MAX_CHUNKS
          || size != HEADER_BYTES + (long) count * RECORD_BYTES) {
        throw new CacheCorruptException(
            file, "bad header, %d chunks in %d bytes".formatted(count, size));
      }
      return new ChunkTable(table, null);
    }
  }

  /** Returns this table with digests that become known one by one, instead of its own. */
  public ChunkTable with(LearntDigests digests) {
    return new ChunkTable(table, digests);
  }

  /**
   * Reads the whole table, and the metadata image beside it, and compares them with the checksums
   * in the table's header.
   */
  public void verify(Disk disk, Path file, Path meta) throws IOException {
    if (Checksums.of(disk, file, HEADER_BYTES) != table.getInt(24)) {
      throw new CacheCorruptException(file, "checksum of the records differs");
    }
    verifyMeta(disk, meta);
  }

  /** Reads the metadata image whole and compares it with the checksum in the table's header. */
  public void verifyMeta(Disk disk, Path meta) throws IOException {
    boolean known = table.getInt(32) == 1; // Versions before this one did not write it.
    if (known && Checksums.of(disk, meta, 0) != table.getInt(36)) {
      throw new CacheCorruptException(meta, "checksum differs");
    }
  }

  /** Returns the number of chunks, 0 to {@link #MAX_CHUNKS}. */
  public int count() {
    return count;
  }

  /** Returns the size of the data file in bytes. */
  public long dataSize() {
    return dataSize;
  }

  /**
   * Returns whether walking the chunks by data offset walks the blob front to back: then
   * neighbouring chunks can be fetched with one range.
   */
  public boolean blobOrdered() {
    return blobOrdered;
  }

  /** Returns where the chunk begins in the data file, in bytes. */
  public long dataOffset(int chunk) {
    return table.getLong(at(chunk));
  }

  /** Returns the chunk's size in the data file in bytes, at least 1. */
  public long size(int chunk) {
    return table.getLong(at(chunk) + SIZE);
  }

  /** Returns where the chunk ends in the data file: {@code dataOffset + size}. */
  public long dataEnd(int chunk) {
    int at = at(chunk);
    return table.getLong(at) + table.getLong(at + SIZE);
  }

  /** Returns where the compressed stream that holds the chunk begins in the blob. */
  public long blobOffset(int chunk) {
    return table.getLong(at(chunk) + BLOB_OFFSET);
  }

  /** Returns where the compressed stream that holds the chunk ends in the blob. */
  public long blobEnd(int chunk) {
    return table.getLong(at(chunk) + BLOB_END);
  }

  /** Returns how many bytes of the decompressed stream come before the chunk. */
  public long innerOffset(int chunk) {
    return table.getLong(at(chunk) + INNER_OFFSET);
  }

  /**
   * Copies the chunk's SHA-256 into the first 32 bytes of {@code into}. All zeros mean that the
   * layer's index states none, which is accepted only for layers whose record has no TOC digest:
   * their verification was switched off; or that it is not known yet.
   */
  public void digest(int chunk, byte[] into) {
    if (learnt != null) {
      learnt.get(Objects.checkIndex(chunk, count), into);
      return;
    }
    table.get(at(chunk) + DIGEST, into, 0, DIGEST_BYTES);
  }

  public boolean hasDigest(int chunk) {
    if (learnt != null) {
      return learnt.has(Objects.checkIndex(chunk, count));
    }
    int at = at(chunk) + DIGEST;
    for (int i = 0; i < DIGEST_BYTES; i += Long.BYTES) {
      if (table.getLong(at + i) != 0) {
        return true;
      }
    }
    return false;
  }

  /** Returns the first eight bytes of the chunk's SHA-256. */
  public long digestPrefix(int chunk) {
    return learnt == null
        ? table.getLong(at(chunk) + DIGEST)
        : learnt.prefix(Objects.checkIndex(chunk, count));
  }

  /**
   * Returns whether a chunk that was found to be right may have this digest. One that becomes known
   * only now is the chunk's from then on.
   *
   * @throws IOException if what becomes known cannot be kept
   */
  public boolean accepts(int chunk, byte[] sha256) throws IOException {
    if (learnt != null) {
      return learnt.learn(chunk, sha256);
    }
    var expected = new byte[DIGEST_BYTES];
    digest(chunk, expected);
    return Arrays.equals(expected, sha256);
  }

  /**
   * Returns the first chunk that ends after {@code dataOffset}: the one that holds this byte, or
   * the next one where no chunk does; {@link #count} if there is none.
   */
  public int firstEndingAfter(long dataOffset) {
    int low = 0;
    int high = count;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (dataEnd(middle) > dataOffset) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /**
   * Returns the first chunk that begins at {@code dataOffset} or later; {@link #count} if there is
   * none.
   */
  public int firstStartingFrom(long dataOffset) {
    int low = 0;
    int high = count;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (dataOffset(middle) >= dataOffset) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  private int at(int chunk) {
    return HEADER_BYTES + Objects.checkIndex(chunk, count) * RECORD_BYTES;
  }

  /** Takes the chunks of a new layer in order of their data offsets. One thread. */
  public interface Builder {
    /**
     * Adds the next chunk.
     *
     * @param dataOffset place in the data file, not before the end of the last chunk
     * @param size bytes in the data file, at least 1
     * @param blobOffset where the compressed stream that holds it begins in the blob
     * @param blobEnd where that stream ends, after {@code blobOffset}
     * @param innerOffset bytes of the decompressed stream before the chunk, at least 0
     * @param sha256 32 bytes, copied
     * @throws IllegalArgumentException if the numbers contradict each other or the chunks before
     * @throws IOException if the table cannot be written
     */
    void add(
        long dataOffset, long size, long blobOffset, long blobEnd, long innerOffset, byte[] sha256)
        throws IOException;

    /**
     * States the size of the data file in bytes, not less than the end of the last chunk; without
     * this call it is that end, rounded up to 4096.
     */
    void dataSize(long bytes);
  }
}
