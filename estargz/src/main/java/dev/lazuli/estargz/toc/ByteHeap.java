package dev.lazuli.estargz.toc;

import dev.lazuli.estargz.LayerFormatException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Names, link targets and extended attributes, one after the other off the heap; at most 2 GiB.
 * Owned by one thread until it is sealed, as {@link Rows} are.
 */
final class ByteHeap implements AutoCloseable {
  private final String layer;
  private boolean isSealed;
  private Arena arena = Arena.ofConfined();
  private MemorySegment data = arena.allocate(4096);
  private int size;

  ByteHeap(String layer) {
    this.layer = layer;
  }

  /** Appends bytes and returns where they lie. */
  int add(byte[] bytes, int offset, int length) throws LayerFormatException {
    var end = (long) size + length;
    if (end > Integer.MAX_VALUE) {
      throw new LayerFormatException(layer, "TOC text bytes", end, "at most " + Integer.MAX_VALUE);
    }
    if (end > data.byteSize()) {
      grow(end);
    }
    MemorySegment.copy(bytes, offset, data, ValueLayout.JAVA_BYTE, size, length);
    var at = size;
    size = (int) end;
    return at;
  }

  MemorySegment slice(int at, int length) {
    return data.asSlice(at, length).asReadOnly();
  }

  byte byteAt(int at) {
    return data.get(ValueLayout.JAVA_BYTE, at);
  }

  int shortAt(int at) {
    return data.get(ValueLayout.JAVA_SHORT_UNALIGNED, at) & 0xffff;
  }

  int intAt(int at) {
    return data.get(ValueLayout.JAVA_INT_UNALIGNED, at);
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

  private void grow(long needed) {
    move(Arena.ofConfined(), Math.max(needed, data.byteSize() + (data.byteSize() >> 1)));
  }

  /** Moves the bytes into {@code shared}, whose owner frees them from now on. */
  void seal(Arena shared) {
    move(shared, Math.max(1, size));
    isSealed = true;
  }

  private void move(Arena to, long capacity) {
    var copy = to.allocate(capacity);
    MemorySegment.copy(data, 0, copy, 0, size);
    arena.close();
    arena = to;
    data = copy;
  }

  /** Frees the memory, unless the heap was sealed. Idempotent. */
  @Override
  public void close() {
    if (!isSealed && arena.scope().isAlive()) {
      arena.close();
    }
  }
}
