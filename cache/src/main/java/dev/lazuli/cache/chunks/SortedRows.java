package dev.lazuli.cache.chunks;

import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * The rows of a mapped file. They have equal sizes, and ascend by the 64-bit number with which each
 * begins.
 *
 * @param file its bytes; little-endian
 * @param first place of the first row, in bytes
 * @param rowBytes size of a row
 * @param count how many there are
 */
record SortedRows(ByteBuffer file, int first, int rowBytes, int count) {
  /** Those of a table that has none. */
  static final SortedRows NONE = new SortedRows(ByteBuffer.allocate(0), 0, 1, 0);

  /** Returns a row's place in the file. */
  int at(int row) {
    return first + Objects.checkIndex(row, count) * rowBytes;
  }

  /** Returns the number with which a row begins. */
  long key(int row) {
    return file.getLong(at(row));
  }

  /** Returns the first row whose number is {@code key} or more; {@link #count} if there is none. */
  int firstFrom(long key) {
    int low = 0;
    int high = count;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (key(middle) >= key) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }
}
