package dev.lazuli.estargz.toc;

/**
 * The layout of a row for an inode's number. The mode is in it once more, because it is asked for
 * most often, and in the order of the numbers, while the inodes lie as the TOC has them.
 */
final class OrderRow {
  static final int INODE = 0;
  static final int MODE = 4;
  static final int BYTES = 8;

  private OrderRow() {}
}
