package dev.lazuli.estargz.toc;

/** The layout of a directory entry's row: one name in one directory. */
final class EntryRow {
  /** The directory's own entry row; -1 for the root. */
  static final int PARENT = 0;

  static final int NAME = 4;
  static final int NAME_BYTES = 8;

  /** The inode's row while parsing, then its number. */
  static final int INODE = 12;

  /** The parent of an entry whose name was taken over by another. */
  static final int LOST = -2;

  static final int BYTES = 16;

  private EntryRow() {}
}
