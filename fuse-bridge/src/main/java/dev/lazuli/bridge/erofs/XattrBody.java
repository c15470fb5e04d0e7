package dev.lazuli.bridge.erofs;

import static dev.lazuli.bridge.erofs.ErofsFormat.XATTR_ENTRY_INDEX;
import static dev.lazuli.bridge.erofs.ErofsFormat.XATTR_ENTRY_SIZE;
import static dev.lazuli.bridge.erofs.ErofsFormat.XATTR_ENTRY_VALUE_SIZE;
import static dev.lazuli.bridge.erofs.ErofsFormat.XATTR_HEADER_SIZE;
import static dev.lazuli.bridge.erofs.ErofsFormat.XATTR_SHARED_COUNT;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;

/**
 * Reads an inode's xattr body: a 12-byte header, then entries of {suffix length u8, prefix u8,
 * value size u16, suffix, value}, each padded to 4 bytes.
 */
final class XattrBody {
  static final int ABSENT = -1;

  private XattrBody() {}

  /** Does what getxattr(2) does; see {@link ErofsImage#getXattr}. */
  static int get(ImageBytes image, long body, int size, MemorySegment name, MemorySegment into)
      throws CorruptImageException {
    var prefix = XattrPrefix.of(name);
    if (prefix == null) {
      return ABSENT;
    }
    long end = body + size;
    long suffixLength = name.byteSize() - prefix.length();
    for (long entry = first(image, body, size); entry < end; entry = next(image, entry, end)) {
      long suffix = entry + XATTR_ENTRY_SIZE;
      if (image.unsignedByte(entry + XATTR_ENTRY_INDEX) == prefix.index()
          && image.unsignedByte(entry) == suffixLength
          && MemorySegment.mismatch(
                  image.segment(),
                  suffix,
                  suffix + suffixLength,
                  name,
                  prefix.length(),
                  name.byteSize())
              == -1) {
        int valueSize = image.unsignedShort(entry + XATTR_ENTRY_VALUE_SIZE);
        if (into.byteSize() >= valueSize) {
          MemorySegment.copy(image.segment(), suffix + suffixLength, into, 0, valueSize);
        }
        return valueSize;
      }
    }
    return ABSENT;
  }

  /** Does what listxattr(2) does; see {@link ErofsImage#listXattrs}. */
  static int list(ImageBytes image, long body, int size, MemorySegment into)
      throws CorruptImageException {
    long end = body + size;
    int used = 0;
    for (long entry = first(image, body, size); entry < end; entry = next(image, entry, end)) {
      int suffixLength = image.unsignedByte(entry);
      var prefix = XattrPrefix.ofIndex(image.unsignedByte(entry + XATTR_ENTRY_INDEX));
      if (prefix == null) {
        throw new CorruptImageException("xattr entry at " + entry + ": unknown prefix");
      }
      int length = prefix.length() + suffixLength + 1;
      if (into.byteSize() - used >= length) {
        MemorySegment.copy(prefix.text(), 0, into, used, prefix.length());
        MemorySegment.copy(
            image.segment(),
            entry + XATTR_ENTRY_SIZE,
            into,
            (long) used + prefix.length(),
            suffixLength);
        into.set(JAVA_BYTE, (long) used + length - 1, (byte) 0);
      }
      used += length;
    }
    return used;
  }

  private static long first(ImageBytes image, long body, int size) throws CorruptImageException {
    image.check(body, size);
    if (size == 0) {
      return body;
    }
    if (image.unsignedByte(body + XATTR_SHARED_COUNT) != 0) {
      throw new CorruptImageException("xattrs at " + body + " refer to a shared area");
    }
    return checkEntry(image, body + XATTR_HEADER_SIZE, body + size);
  }

  private static long next(ImageBytes image, long entry, long end) throws CorruptImageException {
    return checkEntry(image, entry + entrySize(image, entry), end);
  }

  private static long checkEntry(ImageBytes image, long entry, long end)
      throws CorruptImageException {
    if (entry < end && (entry + XATTR_ENTRY_SIZE > end || entry + entrySize(image, entry) > end)) {
      throw new CorruptImageException("xattr entry at " + entry + " passes the end at " + end);
    }
    return entry;
  }

  private static long entrySize(ImageBytes image, long entry) throws CorruptImageException {
    int payload = image.unsignedByte(entry) + image.unsignedShort(entry + XATTR_ENTRY_VALUE_SIZE);
    return ErofsFormat.alignUp((long) XATTR_ENTRY_SIZE + payload, 4);
  }
}
