package dev.lazuli.bridge.fuse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;

/**
 * Packs the entries of READDIR ({@code fuse_dirent}: 24 bytes and the name) or READDIRPLUS (a
 * {@code fuse_entry_out} before each), padded to 8 bytes, until the reader's space is used up.
 */
final class DirectoryWriter {
  private static final MemorySegment DOTS = MemorySegment.ofArray(new byte[] {'.', '.'});

  private final MemorySegment body;
  private final int limit;
  private final boolean plus;
  private int length;

  DirectoryWriter(MemorySegment body, int limit, boolean plus) {
    this.body = body;
    this.limit = limit;
    this.plus = plus;
  }

  /**
   * Lists a directory that shows nothing but itself.
   *
   * @param cookie 0, or the number of entries already listed
   * @return the bytes used
   */
  int listRoot(long cookie) {
    if (cookie < 1) {
      begin(DOTS, 0, 1, Protocol.ROOT_ID, Protocol.DT_DIR, 1);
    }
    if (cookie < 2) {
      begin(DOTS, 0, 2, Protocol.ROOT_ID, Protocol.DT_DIR, 2);
    }
    return length;
  }

  /**
   * Appends an entry, if it fits.
   *
   * @param nextCookie where the listing goes on after it
   * @return where its {@code fuse_entry_out} lies, zeroed, for the caller to fill (or leave, for
   *     {@code .} and {@code ..}); any number not below 0 without plus; -1 if it did not fit
   */
  int begin(
      MemorySegment names, long nameOffset, int nameLength, long ino, int type, long nextCookie) {
    int entry = length;
    int dirent = plus ? entry + Protocol.ENTRY_OUT_SIZE : entry;
    int end = dirent + Protocol.DIRENT_SIZE + nameLength;
    int padded = (end + Protocol.DIRENT_ALIGNMENT - 1) & -Protocol.DIRENT_ALIGNMENT;
    if (padded > limit) {
      return -1;
    }
    body.asSlice(entry, padded - entry).fill((byte) 0);
    body.set(JAVA_LONG_UNALIGNED, dirent + Protocol.DIRENT_INO, ino);
    body.set(JAVA_LONG_UNALIGNED, dirent + Protocol.DIRENT_OFF, nextCookie);
    body.set(JAVA_INT_UNALIGNED, dirent + Protocol.DIRENT_NAMELEN, nameLength);
    body.set(JAVA_INT_UNALIGNED, dirent + Protocol.DIRENT_TYPE, type);
    MemorySegment.copy(
        names, JAVA_BYTE, nameOffset, body, JAVA_BYTE, dirent + Protocol.DIRENT_SIZE, nameLength);
    length = padded;
    return entry;
  }

  /** Takes the last entry back, which began at {@code entry}. */
  void undo(int entry) {
    length = entry;
  }

  int length() {
    return length;
  }
}
