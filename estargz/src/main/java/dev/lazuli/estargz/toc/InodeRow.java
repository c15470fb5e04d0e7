package dev.lazuli.estargz.toc;

/**
 * The layout of an inode's row. {@link #PLACE} means different things as the index grows:
 *
 * <pre>
 * regular file   while parsing: first chunk row | chunk rows &lt;&lt; 32;  then: data offset or -1
 * directory      then: first row in the children table | children &lt;&lt; 32
 * symbolic link  offset of the target in the text heap
 * device         major | minor &lt;&lt; 32
 * hard link      while parsing only: offset of the target's path in the text heap
 * </pre>
 */
final class InodeRow {
  static final int MODE = 0;
  static final int UID = 4;
  static final int GID = 8;
  static final int MTIME_NANOS = 12;
  static final int MTIME_SECONDS = 16;
  static final int SIZE = 24;
  static final int PLACE = 32;

  /** Offset + 1 of the extended attributes in the text heap, 0 if there are none. */
  static final int XATTRS = 40;

  static final int LINK_COUNT = 44;

  /** The first directory entry that names this inode. */
  static final int ENTRY = 48;

  /** {@link EntryKind#code}, {@link #OPAQUE} and the other flags below. */
  static final int FLAGS = 52;

  /** The inode's number + 1, 0 as long as it has none. */
  static final int NUMBER = 56;

  static final int BYTES = 64;

  static final int KIND_MASK = 0xff;
  static final int OPAQUE = 0x100;
  static final int WHITEOUT = 0x200;

  /** A directory with names that are whiteouts. */
  static final int HOLDS_WHITEOUTS = 0x400;

  /** A directory that has no entry of its own. */
  static final int IMPLIED = 0x800;

  /** A file with content, other than zeros, that no chunk of the layer's table has. */
  static final int UNCOVERED = 0x1000;

  /** A directory whose entry came after something in it. */
  static final int IMPLIED_FIRST = 0x2000;

  private InodeRow() {}
}
