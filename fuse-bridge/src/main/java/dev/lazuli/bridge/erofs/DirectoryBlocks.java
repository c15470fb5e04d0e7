package dev.lazuli.bridge.erofs;

import static dev.lazuli.bridge.erofs.ErofsFormat.DIRENT_NAME_OFFSET;
import static dev.lazuli.bridge.erofs.ErofsFormat.DIRENT_SIZE;
import static dev.lazuli.bridge.erofs.ErofsFormat.DIRENT_TYPE;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;

/**
 * Searches and lists a directory's data.
 *
 * <p>The data is cut into blocks. A block starts with its dirents, 12 bytes each (nid, name offset
 * in the block, type), followed by the names without terminators: the first dirent's name offset
 * therefore tells how many dirents there are, and a name ends where the next one starts; the last
 * one ends at a NUL or at the block's end. Names ascend bytewise through the whole directory, so
 * blocks are found by binary search on their first names, and entries by binary search in a block.
 */
final class DirectoryBlocks {
  static final long ABSENT = -1;

  private DirectoryBlocks() {}

  /** Returns the nid of a name, or {@link #ABSENT}. {@code start}, {@code size}: the data. */
  static long find(
      ImageBytes image, long start, long size, MemorySegment names, long nameOffset, int nameLength)
      throws CorruptImageException {
    int blockSize = image.blockSize();
    long low = 0;
    long high = (size + blockSize - 1) / blockSize - 1;
    while (low < high) {
      long middle = (low + high + 1) >>> 1;
      long block = start + middle * blockSize;
      int length = blockLength(size, middle, blockSize);
      if (compare(image, block, length, 0, names, nameOffset, nameLength) <= 0) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return high < 0
        ? ABSENT
        : findInBlock(
            image,
            start + low * blockSize,
            blockLength(size, low, blockSize),
            names,
            nameOffset,
            nameLength);
  }

  private static long findInBlock(
      ImageBytes image,
      long block,
      int length,
      MemorySegment names,
      long nameOffset,
      int nameLength)
      throws CorruptImageException {
    int low = 0;
    int high = entryCount(image, block, length) - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = compare(image, block, length, middle, names, nameOffset, nameLength);
      if (order == 0) {
        return image.getLong(block + (long) middle * DIRENT_SIZE);
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return ABSENT;
  }

  /**
   * Hands the entries from {@code cookie} on to the visitor until it refuses one.
   *
   * @param cookie 0, or what a visitor was given as the cookie of the entry after
   */
  static void list(ImageBytes image, long start, long size, long cookie, EntryVisitor visitor)
      throws CorruptImageException {
    int blockSize = image.blockSize();
    long blocks = (size + blockSize - 1) / blockSize;
    int first = (int) (cookie % blockSize + DIRENT_SIZE - 1) / DIRENT_SIZE;
    for (long b = cookie / blockSize; b < blocks; b++, first = 0) {
      long block = start + b * blockSize;
      int length = blockLength(size, b, blockSize);
      int count = entryCount(image, block, length);
      for (int i = first; i < count; i++) {
        long dirent = block + (long) i * DIRENT_SIZE;
        int nameStart = nameStart(image, block, length, i);
        long next = i + 1 < count ? b * blockSize + (i + 1L) * DIRENT_SIZE : (b + 1) * blockSize;
        if (!visitor.entry(
            image.segment(),
            block + nameStart,
            nameEnd(image, block, length, i, count) - nameStart,
            image.getLong(dirent),
            image.unsignedByte(dirent + DIRENT_TYPE),
            next)) {
          return;
        }
      }
    }
  }

  private static int blockLength(long size, long block, int blockSize) {
    return (int) Math.min(blockSize, size - block * blockSize);
  }

  private static int entryCount(ImageBytes image, long block, int length)
      throws CorruptImageException {
    int names = image.unsignedShort(block + DIRENT_NAME_OFFSET);
    if (names == 0 || names % DIRENT_SIZE != 0 || names >= length) {
      throw new CorruptImageException(
          "directory block at " + block + ": first name at " + names + " of " + length);
    }
    return names / DIRENT_SIZE;
  }

  private static int nameStart(ImageBytes image, long block, int length, int entry)
      throws CorruptImageException {
    int start = image.unsignedShort(block + (long) entry * DIRENT_SIZE + DIRENT_NAME_OFFSET);
    if (start < (entry + 1) * DIRENT_SIZE || start >= length) {
      throw new CorruptImageException(
          "directory block at " + block + ": name " + entry + " at " + start + " of " + length);
    }
    return start;
  }

  private static int nameEnd(ImageBytes image, long block, int length, int entry, int count)
      throws CorruptImageException {
    int start = nameStart(image, block, length, entry);
    int end;
    if (entry + 1 < count) {
      end = nameStart(image, block, length, entry + 1);
    } else {
      end = start;
      while (end < length && image.segment().get(JAVA_BYTE, block + end) != 0) {
        end++;
      }
    }
    if (end <= start || end - start > ErofsFormat.MAX_NAME) {
      throw new CorruptImageException(
          "directory block at " + block + ": name " + entry + " of " + (end - start) + " bytes");
    }
    return end;
  }

  /** Compares an entry's name with the given one, bytewise and unsigned. */
  private static int compare(
      ImageBytes image,
      long block,
      int length,
      int entry,
      MemorySegment names,
      long nameOffset,
      int nameLength)
      throws CorruptImageException {
    int count = entryCount(image, block, length);
    int start = nameStart(image, block, length, entry);
    int size = nameEnd(image, block, length, entry, count) - start;
    var bytes = image.segment();
    long from = block + start;
    long at =
        MemorySegment.mismatch(
            bytes, from, from + size, names, nameOffset, nameOffset + nameLength);
    if (at < 0) {
      return 0;
    }
    if (at == size || at == nameLength) {
      return Integer.compare(size, nameLength);
    }
    return Byte.compareUnsigned(
        bytes.get(JAVA_BYTE, from + at), names.get(JAVA_BYTE, nameOffset + at));
  }
}
