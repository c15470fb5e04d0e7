package dev.lazuli.bridge.erofs;

import static dev.lazuli.bridge.erofs.ErofsFormat.MAX_NAME;
import static dev.lazuli.bridge.erofs.ErofsFormat.MAX_XATTR_BODY;
import static dev.lazuli.bridge.erofs.ErofsFormat.MAX_XATTR_VALUE;
import static dev.lazuli.bridge.erofs.ErofsFormat.XATTR_ENTRY_INDEX;
import static dev.lazuli.bridge.erofs.ErofsFormat.XATTR_ENTRY_SIZE;
import static dev.lazuli.bridge.erofs.ErofsFormat.XATTR_ENTRY_VALUE_SIZE;
import static dev.lazuli.bridge.erofs.ErofsFormat.XATTR_HEADER_SIZE;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Encodes the xattr body of one inode after the other, in the form that {@link XattrBody}
 * describes. Attributes whose prefix EROFS cannot store are left out and counted: Linux has no file
 * system for them either, other systems' archives carry them ({@code com.apple.provenance}). So are
 * access lists that Linux would not have let anybody set: with them the kernel fails every access
 * to the file.
 */
final class XattrEncoder {
  private byte[] body = new byte[256];
  private int size;
  private int inode;
  private long dropped;

  /** Returns the buffer that {@link #encode} has filled last. */
  byte[] body() {
    return body;
  }

  /** Returns how many attributes were left out so far. */
  long dropped() {
    return dropped;
  }

  /**
   * Encodes an inode's attributes and returns the body's size in bytes, 0 if it has none.
   *
   * @throws UnrepresentableInodeException if an attribute, or all together, are too large
   */
  int encode(InodeSource source, int inode) throws IOException {
    this.inode = inode;
    size = 0;
    try {
      source.forEachXattr(inode, this::add);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return size;
  }

  private void add(MemorySegment name, MemorySegment value) {
    var prefix = XattrPrefix.of(name);
    if (prefix == null || (prefix.wholeName() && !isAcl(value))) {
      dropped++;
      return;
    }
    int suffixLength = checked("name", name.byteSize() - prefix.length(), MAX_NAME);
    int valueSize = checked("value", value.byteSize(), MAX_XATTR_VALUE);
    int start = size == 0 ? XATTR_HEADER_SIZE : size;
    int length = XATTR_ENTRY_SIZE + suffixLength + valueSize;
    int end = checked("body", ErofsFormat.alignUp((long) start + length, 4), MAX_XATTR_BODY);
    reserve(end);
    Arrays.fill(body, size, end, (byte) 0);
    body[start] = (byte) suffixLength;
    body[start + XATTR_ENTRY_INDEX] = (byte) prefix.index();
    body[start + XATTR_ENTRY_VALUE_SIZE] = (byte) valueSize;
    body[start + XATTR_ENTRY_VALUE_SIZE + 1] = (byte) (valueSize >> 8);
    int suffix = start + XATTR_ENTRY_SIZE;
    MemorySegment.copy(name, JAVA_BYTE, prefix.length(), body, suffix, suffixLength);
    MemorySegment.copy(value, JAVA_BYTE, 0, body, suffix + suffixLength, valueSize);
    size = end;
  }

  /** Up to {@link ErofsFormat#MAX_XATTR_BODY} bytes. */
  private void reserve(int bytes) {
    if (bytes > body.length) {
      body = Arrays.copyOf(body, Math.max(bytes, Math.min(2 * body.length, MAX_XATTR_BODY)));
    }
  }

  /** {@code struct posix_acl_xattr_header}: version 2, then entries of 8 bytes. */
  private static boolean isAcl(MemorySegment value) {
    return value.byteSize() >= 4 && value.byteSize() % 8 == 4 && value.get(ErofsFormat.INT, 0) == 2;
  }

  private int checked(String what, long bytes, int limit) {
    if (bytes > limit) {
      throw new UncheckedIOException(
          new UnrepresentableInodeException(
              inode, "xattr " + what + " of " + bytes + " bytes, more than " + limit));
    }
    return (int) bytes;
  }
}
