package dev.lazuli.estargz.index;

import static dev.lazuli.estargz.index.HeaderColumns.BLOCK_BYTES;
import static dev.lazuli.estargz.index.HeaderColumns.FIELDS;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import dev.lazuli.estargz.LayerFormatException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Unpacks the headers of a shared index, packed as {@link HeaderColumns} says, and believes nothing
 * of them. Memory is that of one batch, whatever they say. For one thread.
 */
public final class UnpackedHeaders extends InputStream {
  private final InputStream in;
  private final String layer;

  /** The last block as its fields say, with the checksum XORed; and as it was. */
  private final byte[] fields = new byte[BLOCK_BYTES];

  private final byte[] block = new byte[BLOCK_BYTES];
  private final byte[] columns = new byte[HeaderColumns.MOST_COLUMN_BYTES];
  private final int[] shared = new int[FIELDS];
  private final int[] lengths = new int[FIELDS];
  private final int[] contents = new int[FIELDS];
  private int taken = BLOCK_BYTES;
  private int blocks;
  private int nextBlock;

  /**
   * Unpacks from an input, which stays the caller's.
   *
   * @param layer named in errors
   */
  public UnpackedHeaders(InputStream in, String layer) {
    this.in = in;
    this.layer = layer;
  }

  @Override
  public int read() throws IOException {
    return fill() ? block[taken++] & 0xff : -1;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int count = Math.min(length, BLOCK_BYTES - taken);
    System.arraycopy(block, taken, into, offset, count);
    taken += count;
    return count;
  }

  private boolean fill() throws IOException {
    if (taken < BLOCK_BYTES) {
      return true;
    }
    if (nextBlock == blocks && !readBatch()) {
      return false;
    }
    unpackBlock();
    taken = 0;
    return true;
  }

  private void unpackBlock() {
    int mask = mask(nextBlock++);
    for (int field = 0; field < FIELDS; field++) {
      if (((mask >>> field) & 1) != 0) {
        int from = HeaderColumns.place(field);
        int to = from + HeaderColumns.width(field);
        int begin = HeaderColumns.isName(field) ? from + (columns[shared[field]++] & 0xff) : from;
        int length = columns[lengths[field]++] & 0xff;
        System.arraycopy(columns, contents[field], fields, begin, length);
        contents[field] += length;
        Arrays.fill(fields, begin + length, to, (byte) 0);
      }
    }
    System.arraycopy(fields, 0, block, 0, BLOCK_BYTES);
    HeaderColumns.crossChecksum(block);
  }

  private int mask(int number) {
    return (columns[number] & 0xff) | ((columns[blocks + number] & 0xff) << 8);
  }

  /** Reads the next batch; returns false if there is none. */
  private boolean readBatch() throws IOException {
    byte[] head = in.readNBytes(HeaderColumns.BATCH_HEAD_BYTES);
    if (head.length == 0) {
      return false;
    }
    if (head.length < HeaderColumns.BATCH_HEAD_BYTES) {
      throw cutOff();
    }
    var numbers = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
    int newBlocks = numbers.getInt();
    int packedBytes = numbers.getInt();
    if (newBlocks < 1 || newBlocks > HeaderColumns.MOST_BLOCKS) {
      throw bad("blocks", newBlocks, "1 to " + HeaderColumns.MOST_BLOCKS, null);
    }
    if (packedBytes < 1 || packedBytes > HeaderColumns.MOST_PACKED_BYTES) {
      throw bad("packed bytes", packedBytes, "1 to " + HeaderColumns.MOST_PACKED_BYTES, null);
    }
    byte[] packed = in.readNBytes(packedBytes);
    if (packed.length < packedBytes) {
      throw cutOff();
    }
    long size = unpack(packed);
    blocks = newBlocks;
    nextBlock = 0;
    placeColumns((int) size);
    return true;
  }

  private long unpack(byte[] packed) throws LayerFormatException {
    try {
      long size = Zstd.decompressByteArray(columns, 0, columns.length, packed, 0, packed.length);
      if (Zstd.isError(size)) {
        throw bad("zstd data", Zstd.getErrorName(size), "at most 512 KiB of columns", null);
      }
      return size;
    } catch (ZstdException e) {
      throw bad("zstd data", "" + e.getMessage(), "at most 512 KiB of columns", e);
    }
  }

  /** Finds out where each column begins, and that none goes beyond its fields or the batch. */
  private void placeColumns(int size) throws LayerFormatException {
    int at = 2 * blocks;
    requireWithin(at, size);
    var counts = new int[FIELDS];
    for (int number = 0; number < blocks; number++) {
      for (int mask = mask(number); mask != 0; mask &= mask - 1) {
        counts[Integer.numberOfTrailingZeros(mask)]++;
      }
    }
    for (int field = 0; field < FIELDS; field++) {
      boolean isName = HeaderColumns.isName(field);
      shared[field] = at;
      lengths[field] = isName ? at + counts[field] : at;
      contents[field] = lengths[field] + counts[field];
      requireWithin(contents[field], size);
      at = contents[field];
      for (int i = 0; i < counts[field]; i++) {
        int length = columns[lengths[field] + i] & 0xff;
        int end = length + (isName ? columns[shared[field] + i] & 0xff : 0);
        if (end > HeaderColumns.width(field)) {
          throw bad("end of field " + field, end, "at most " + HeaderColumns.width(field), null);
        }
        at += length;
      }
      requireWithin(at, size);
    }
    if (at != size) {
      throw bad("bytes of columns", size, "" + at, null);
    }
  }

  private void requireWithin(int at, int size) throws LayerFormatException {
    if (at > size) {
      throw bad("bytes of columns", size, "at least " + at, null);
    }
  }

  private EOFException cutOff() {
    return new EOFException("layer " + layer + ": its index ends within its headers");
  }

  private LayerFormatException bad(
      String field, Object value, String limit, @Nullable Exception cause) {
    return new LayerFormatException(layer, field + " of headers in its index", value, limit, cause);
  }
}
