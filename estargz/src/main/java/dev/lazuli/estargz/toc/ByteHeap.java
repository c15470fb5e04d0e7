package dev.lazuli.estargz.toc;

import dev.lazuli.estargz.LayerFormatException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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

  /** The blocks again, as {@link RowTable} has its own. */
  private ByteBuffer[] buffers = new ByteBuffer[4];

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
      buffer(size).put(size & MASK, bytes, offset, length);
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
      buffers = Arrays.copyOf(buffers, 2 * blockCount);
    }
    buffers[blockCount] = block.asByteBuffer().order(ByteOrder.nativeOrder());
    blocks[blockCount++] = block;
  }

  private ByteBuffer buffer(int at) {
    return buffers[at >>> SHIFT];
  }

  MemorySegment slice(int at, int length) {
    return length == 0 ? NOTHING : blocks[at >>> SHIFT].asSlice(at & MASK, length).asReadOnly();
  }

  int shortAt(int at) {
    return buffer(at).getShort(at & MASK) & 0xffff;
  }

  int intAt(int at) {
    return buffer(at).getInt(at & MASK);
  }

  boolean equals(int at, byte[] other, int offset, int length) {
    var buffer = buffer(at);
    var from = at & MASK;
    for (int i = 0; i < length; i++) {
      if (buffer.get(from + i) != other[offset + i]) {
        return false;
      }
    }
    return true;
  }

  /** Compares two names as unsigned bytes, the shorter first where one starts the other. */
  int compare(int at, int length, int otherAt, int otherLength) {
    var common = Math.min(length, otherLength);
    var buffer = buffer(at);
    var from = at & MASK;
    var other = buffer(otherAt);
    var otherFrom = otherAt & MASK;
    for (int i = 0; i < common; i++) {
      var difference = (buffer.get(from + i) & 0xff) - (other.get(otherFrom + i) & 0xff);
      if (difference != 0) {
        return difference;
      }
    }
    return length - otherLength;
  }
}
