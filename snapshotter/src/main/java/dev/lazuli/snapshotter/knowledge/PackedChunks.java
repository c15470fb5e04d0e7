package dev.lazuli.snapshotter.knowledge;

import dev.lazuli.cache.chunks.ChunkTable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * A table of chunks as few bytes: of each chunk how its numbers differ from what those of the chunk
 * before it let expect. Five numbers, seven bits in a byte, the least significant first, the top
 * bit set in all bytes but the last; the sign is the number's lowest bit.
 */
final class PackedChunks {
  private static final int BLOCK = 4096;
  private static final int MOST_BITS = 63;

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
    put(out, dataOffset - up(dataEnd));
    put(out, size);
    put(out, chunks.blobOffset(chunk) - blobOffset);
    put(out, chunks.blobEnd(chunk) - blobEnd);
    put(out, inner - innerEnd);
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
    long dataOffset = up(dataEnd) + get(in);
    long size = get(in);
    blobOffset += get(in);
    blobEnd += get(in);
    long inner = innerEnd + get(in);
    into.add(dataOffset, size, blobOffset, blobEnd, inner, sha256);
    dataEnd = dataOffset + size;
    innerEnd = inner + size;
  }

  private static long up(long end) {
    return (end + BLOCK - 1) & -BLOCK;
  }

  private static void put(OutputStream out, long number) throws IOException {
    long left = number << 1 ^ number >> 63;
    while (left >>> 7 != 0) {
      out.write(((int) left & 0x7f) | 0x80);
      left >>>= 7;
    }
    out.write((int) left);
  }

  private static long get(InputStream in) throws IOException {
    long number = 0;
    for (int shift = 0; shift <= MOST_BITS; shift += 7) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException("the table of chunks ends early");
      }
      number |= (next & 0x7fL) << shift;
      if (next < 0x80) {
        return number >>> 1 ^ -(number & 1);
      }
    }
    throw new IllegalArgumentException("a number of more than 64 bits");
  }
}
