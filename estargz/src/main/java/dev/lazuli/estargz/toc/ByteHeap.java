package dev.lazuli.estargz.toc;

import dev.lazuli.estargz.LayerFormatException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Names, link targets and extended attributes, one after the other off the heap, in blocks that
 * none of them crosses. Owned by one thread while it grows; then any may read it.
 */
final class ByteHeap {
  /** Three times and more what the largest piece takes: an inode's attributes. */
  private static final int SHIFT = 18;

  private static final int BLOCK_BYTES = 1 << SHIFT;
  private static final int MASK = BLOCK_BYTES - 1;
  private static final MemorySegment NOTHING = MemorySegment.ofArray(new byte[0]).asReadOnly();

  private final String layer;
  private final long limit;
  private final IndexSpace space;
  private MemorySegment[] blocks = new MemorySegment[4];
  private int blockCount;
  private int size;

  /** Makes an empty heap that takes {@code limit} bytes at most, up to 1 GiB. */
  ByteHeap(String layer, long limit, IndexSpace space) {
    this.layer = layer;
    this.limit = limit;
    this.space = space;
  }

  /** Appends bytes and returns where they lie. */
  int add(byte[] bytes, int offset, int length) throws LayerFormatException {
    reserve(length);
    if (length > 0) {
      MemorySegment.copy(bytes, offset, block(size), ValueLayout.JAVA_BYTE, size & MASK, length);
    }
    var at = size;
    size += length;
    return at;
  }

  /** Has the next pieces, of so many bytes together, lie in one block. */
  void reserve(int length) throws LayerFormatException {
    var end = (long) size + length;
    if (length > BLOCK_BYTES || end > limit) {
      throw new LayerFormatException(layer, "TOC text bytes", end, "at most " + limit);
    }
    var left = ((long) blockCount << SHIFT) - size;
    if (length > left) {
      size += (int) left;
      addBlock();
    }
  }

  private void addBlock() {
    var block = space.block(BLOCK_BYTES);
    if (blockCount == blocks.length) {
      blocks = Arrays.copyOf(blocks, 2 * blockCount);
    }
    blocks[blockCount++] = block;
  }

  private MemorySegment block(int at) {
    return blocks[at >>> SHIFT];
  }

  MemorySegment slice(int at, int length) {
    return length == 0 ? NOTHING : block(at).asSlice(at & MASK, length).asReadOnly();
  }

  byte byteAt(int at) {
    return block(at).get(ValueLayout.JAVA_BYTE, at & MASK);
  }

  int shortAt(int at) {
    return block(at).get(ValueLayout.JAVA_SHORT_UNALIGNED, at & MASK) & 0xffff;
  }

  int intAt(int at) {
    return block(at).get(ValueLayout.JAVA_INT_UNALIGNED, at & MASK);
  }

  boolean equals(int at, byte[] other, int offset, int length) {
    for (int i = 0; i < length; i++) {
      if (byteAt(at + i) != other[offset + i]) {
        return false;
      }
    }
    return true;
  }

  /** Compares two names as unsigned bytes, the shorter first where one starts the other. */
  int compare(int at, int length, int otherAt, int otherLength) {
    var common = Math.min(length, otherLength);
    for (int i = 0; i < common; i++) {
      var difference = (byteAt(at + i) & 0xff) - (byteAt(otherAt + i) & 0xff);
      if (difference != 0) {
        return difference;
      }
    }
    return length - otherLength;
  }
}
