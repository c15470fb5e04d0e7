package dev.lazuli.estargz.toc;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * A table of rows of equal width that grows off the heap, in blocks, so that nothing is copied and
 * no room is wasted. Owned by one thread while it grows; a table of an {@link IndexSpace} may then
 * be read by any.
 */
final class RowTable implements AutoCloseable {
  private static final int BLOCK_BYTES = 64 << 10;

  private final int rowBytes;
  private final IndexSpace space;
  private final Arena arena;

  /** A block has 2^shift rows. */
  private final int shift;

  private final int mask;
  private MemorySegment[] blocks = new MemorySegment[4];
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
    var block = space.block(arena, blockBytes());
    if (blockCount == blocks.length) {
      blocks = Arrays.copyOf(blocks, 2 * blockCount);
    }
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

  private MemorySegment block(int row) {
    return blocks[row >>> shift];
  }

  private long at(int row, int field) {
    return (long) (row & mask) * rowBytes + field;
  }

  int getInt(int row, int field) {
    return block(row).get(ValueLayout.JAVA_INT, at(row, field));
  }

  void setInt(int row, int field, int value) {
    block(row).set(ValueLayout.JAVA_INT, at(row, field), value);
  }

  long getLong(int row, int field) {
    return block(row).get(ValueLayout.JAVA_LONG, at(row, field));
  }

  void setLong(int row, int field, long value) {
    block(row).set(ValueLayout.JAVA_LONG, at(row, field), value);
  }

  void getBytes(int row, int field, byte[] into) {
    MemorySegment.copy(block(row), ValueLayout.JAVA_BYTE, at(row, field), into, 0, into.length);
  }

  void setBytes(int row, int field, byte[] from) {
    MemorySegment.copy(from, 0, block(row), ValueLayout.JAVA_BYTE, at(row, field), from.length);
  }

  /** Frees the memory, unless the table lives as long as its space. Idempotent. */
  @Override
  public void close() {
    space.free(arena, blockCount * blockBytes());
  }
}
