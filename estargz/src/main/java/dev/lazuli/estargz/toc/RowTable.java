package dev.lazuli.estargz.toc;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;

/**
 * A table of rows of equal width that grows off the heap, in blocks, so that nothing is copied and
 * no room is wasted. Owned by one thread while it grows; a table of an {@link IndexSpace} may then
 * be read by any.
 *
 * <p>The blocks are read as buffers: the quick compiler makes good code of a buffer's methods, but
 * not of a segment's, which are method handles to it. A layer is mostly indexed by such code.
 */
final class RowTable implements AutoCloseable {
  private static final int BLOCK_BYTES = 64 << 10;

  private final int rowBytes;
  private final IndexSpace space;
  private final Arena arena;

  /** A block has 2^shift rows. */
  private final int shift;

  private final int mask;
  private ByteBuffer[] blocks = new ByteBuffer[4];

  /** The blocks again, as ints and as longs: that spares the questions of alignment and order. */
  private IntBuffer[] ints = new IntBuffer[4];

  private LongBuffer[] longs = new LongBuffer[4];
  private int blockCount;
  private int rows;

  /**
   * Makes an empty table.
   *
   * @param rowBytes a multiple of 4, or of 8 if rows hold longs
   * @param space pays for the blocks
   * @param arena has the blocks
   */
  RowTable(int rowBytes, IndexSpace space, Arena arena) {
    this.rowBytes = rowBytes;
    this.space = space;
    this.arena = arena;
    this.shift = 31 - Integer.numberOfLeadingZeros(BLOCK_BYTES / rowBytes);
    this.mask = (1 << shift) - 1;
  }

  int count() {
    return rows;
  }

  /** Appends a row of zeros and returns its number. */
  int add() {
    if (rows >>> shift == blockCount) {
      addBlock();
    }
    return rows++;
  }

  private void addBlock() {
    var block = space.block(arena, blockBytes()).asByteBuffer().order(ByteOrder.nativeOrder());
    if (blockCount == blocks.length) {
      blocks = Arrays.copyOf(blocks, 2 * blockCount);
      ints = Arrays.copyOf(ints, 2 * blockCount);
      longs = Arrays.copyOf(longs, 2 * blockCount);
    }
    ints[blockCount] = block.asIntBuffer();
    longs[blockCount] = block.asLongBuffer();
    blocks[blockCount++] = block;
  }

  private long blockBytes() {
    return (long) rowBytes << shift;
  }

  /** Appends rows of zeros until there are {@code count}. */
  void addUpTo(int count) {
    while ((long) blockCount << shift < count) {
      addBlock();
    }
    rows = Math.max(rows, count);
  }

  /** Appends a row whose first int is {@code value}. */
  void addInt(int value) {
    setInt(add(), 0, value);
  }

  private int at(int row, int field) {
    return (row & mask) * rowBytes + field;
  }

  int getInt(int row, int field) {
    return ints[row >>> shift].get(at(row, field) >>> 2);
  }

  void setInt(int row, int field, int value) {
    ints[row >>> shift].put(at(row, field) >>> 2, value);
  }

  long getLong(int row, int field) {
    return longs[row >>> shift].get(at(row, field) >>> 3);
  }

  void setLong(int row, int field, long value) {
    longs[row >>> shift].put(at(row, field) >>> 3, value);
  }

  void getBytes(int row, int field, byte[] into) {
    blocks[row >>> shift].get(at(row, field), into);
  }

  void setBytes(int row, int field, byte[] from) {
    blocks[row >>> shift].put(at(row, field), from);
  }

  /** Frees the memory, unless the table lives as long as its space. Idempotent. */
  @Override
  public void close() {
    space.free(arena, blockCount * blockBytes());
  }
}
