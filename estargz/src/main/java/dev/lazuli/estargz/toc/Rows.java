package dev.lazuli.estargz.toc;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A growing table of fixed-width rows off the heap. It belongs to the thread that made it until it
 * is {@linkplain #seal sealed}; then any thread may read it, as long as the arena lives that it was
 * sealed into.
 */
final class Rows implements AutoCloseable {
  private static final int FIRST_ROWS = 256;

  private final int rowBytes;
  private boolean isSealed;
  private Arena arena = Arena.ofConfined();
  private MemorySegment data;
  private int rows;

  /** Makes an empty table; {@code rowBytes} is a multiple of 4, or of 8 if rows hold longs. */
  Rows(int rowBytes) {
    this.rowBytes = rowBytes;
    data = arena.allocate((long) FIRST_ROWS * rowBytes, Long.BYTES);
  }

  int count() {
    return rows;
  }

  /** Appends a row of zeros and returns its number. */
  int add() {
    if ((rows + 1L) * rowBytes > data.byteSize()) {
      grow();
    }
    return rows++;
  }

  /** Appends a row whose first int is {@code value}. */
  void addInt(int value) {
    setInt(add(), 0, value);
  }

  int getInt(int row, int field) {
    return data.get(ValueLayout.JAVA_INT, (long) row * rowBytes + field);
  }

  void setInt(int row, int field, int value) {
    data.set(ValueLayout.JAVA_INT, (long) row * rowBytes + field, value);
  }

  long getLong(int row, int field) {
    return data.get(ValueLayout.JAVA_LONG, (long) row * rowBytes + field);
  }

  void setLong(int row, int field, long value) {
    data.set(ValueLayout.JAVA_LONG, (long) row * rowBytes + field, value);
  }

  void getBytes(int row, int field, byte[] into) {
    var from = (long) row * rowBytes + field;
    MemorySegment.copy(data, ValueLayout.JAVA_BYTE, from, into, 0, into.length);
  }

  void setBytes(int row, int field, byte[] from) {
    var to = (long) row * rowBytes + field;
    MemorySegment.copy(from, 0, data, ValueLayout.JAVA_BYTE, to, from.length);
  }

  /** Appends a copy of a row of another table of the same width and returns its number. */
  int addCopy(Rows other, int row) {
    var to = add();
    MemorySegment.copy(other.data, (long) row * rowBytes, data, (long) to * rowBytes, rowBytes);
    return to;
  }

  private void grow() {
    move(Arena.ofConfined(), rows + (rows >> 1));
  }

  /** Moves the rows into {@code shared}, whose owner frees them from now on. */
  void seal(Arena shared) {
    move(shared, rows);
    isSealed = true;
  }

  private void move(Arena to, int capacity) {
    var copy = to.allocate(Math.max(1L, capacity) * rowBytes, Long.BYTES);
    MemorySegment.copy(data, 0, copy, 0, (long) rows * rowBytes);
    arena.close();
    arena = to;
    data = copy;
  }

  /** Frees the memory, unless the table was sealed. Idempotent. */
  @Override
  public void close() {
    if (!isSealed && arena.scope().isAlive()) {
      arena.close();
    }
  }
}
