package dev.lazuli.snapshotter.knowledge;

import dev.lazuli.cache.chunks.ChunkTable;
import dev.lazuli.estargz.index.PackedNumbers;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * A table of chunks as few bytes: of each chunk how its numbers differ from what those of the chunk
 * before it let expect, as five {@linkplain PackedNumbers packed numbers}.
 */
final class PackedChunks {
  private static final int BLOCK = 4096;

  private long dataEnd;
  private long blobOffset;
  private long blobEnd;
  private long innerEnd;

  /** Writes the table, all but its digests. */
  static void write(ChunkTable chunks, OutputStream out) throws IOException {
    var packed = new PackedChunks();
    for (int chunk = 0; chunk < chunks.count(); chunk++) {
      packed.write(chunks, chunk, out);
    }
  }

  private void write(ChunkTable chunks, int chunk, OutputStream out) throws IOException {
    long dataOffset = chunks.dataOffset(chunk);
    long size = chunks.size(chunk);
    long inner = chunks.innerOffset(chunk);
    PackedNumbers.put(out, dataOffset - up(dataEnd));
    PackedNumbers.put(out, size);
    PackedNumbers.put(out, chunks.blobOffset(chunk) - blobOffset);
    PackedNumbers.put(out, chunks.blobEnd(chunk) - blobEnd);
    PackedNumbers.put(out, inner - innerEnd);
    dataEnd = dataOffset + size;
    blobOffset = chunks.blobOffset(chunk);
    blobEnd = chunks.blobEnd(chunk);
    innerEnd = inner + size;
  }

  /**
   * Reads a table.
   *
   * @param digests the SHA-256 of each chunk
   * @throws IOException if an input ends early, or the table cannot be written
   * @throws IllegalArgumentException if the numbers are not those of a table
   */
  static void read(InputStream in, InputStream digests, long count, ChunkTable.Builder into)
      throws IOException {
    var packed = new PackedChunks();
    for (long chunk = 0; chunk < count; chunk++) {
      packed.read(in, digests.readNBytes(ChunkTable.DIGEST_BYTES), into);
    }
  }

  private void read(InputStream in, byte[] sha256, ChunkTable.Builder into) throws IOException {
    long dataOffset = up(dataEnd) + PackedNumbers.get(in);
    long size = PackedNumbers.get(in);
    blobOffset += PackedNumbers.get(in);
    blobEnd += PackedNumbers.get(in);
    long inner = innerEnd + PackedNumbers.get(in);
    into.add(dataOffset, size, blobOffset, blobEnd, inner, sha256);
    dataEnd = dataOffset + size;
    innerEnd = inner + size;
  }

  private static long up(long end) {
    return (end + BLOCK - 1) & -BLOCK;
  }
}
