package dev.lazuli.bridge.erofs;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import java.lang.foreign.ValueLayout;

/**
 * The parts of the EROFS on-disk format that the images use, as in the kernel's
 * fs/erofs/erofs_fs.h. Everything is little endian.
 *
 * <p>An image is: 1024 unused bytes, the superblock, one device slot, the inodes each followed by
 * its xattrs and its inline data, and at the end the blocks of the directories and symbolic links
 * that are too large to lie beside their inode. The metadata area starts at block 0, so a node id
 * (nid) is the inode's byte offset in the image divided by 32.
 */
final class ErofsFormat {
  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);
  static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN);

  // struct erofs_super_block, 128 bytes
  static final int SUPER_OFFSET = 1024;
  static final int SUPER_SIZE = 128;
  static final int SUPER_MAGIC = 0xE0F5E1E2;
  static final int SUPER_CHECKSUM = 4;
  static final int SUPER_FEATURE_COMPAT = 8;
  static final int SUPER_BLOCK_BITS = 12;
  static final int SUPER_ROOT_NID = 14;
  static final int SUPER_INODES = 16;
  static final int SUPER_BLOCKS = 36;
  static final int SUPER_FEATURE_INCOMPAT = 80;
  static final int SUPER_EXTRA_DEVICES = 86;
  static final int SUPER_DEVICE_SLOT = 88;
  static final int FEATURE_COMPAT_CHECKSUM = 0x1;
  static final int FEATURE_COMPAT_MTIME = 0x2;
  static final int FEATURE_INCOMPAT_CHUNKED_FILE = 0x4;
  static final int FEATURE_INCOMPAT_DEVICE_TABLE = 0x8;

  // struct erofs_deviceslot, 128 bytes
  static final int DEVICE_OFFSET = SUPER_OFFSET + SUPER_SIZE;
  static final int DEVICE_SIZE = 128;
  static final int DEVICE_BLOCKS = 64;
  static final int DEVICE_UNIFIED_ADDRESS = 68;

  static final int FIRST_INODE_OFFSET = DEVICE_OFFSET + DEVICE_SIZE;
  static final int INODE_SLOT = 32;

  // struct erofs_inode_extended, 64 bytes
  static final int INODE_SIZE = 64;
  static final int INODE_FORMAT = 0;
  static final int INODE_XATTR_COUNT = 2;
  static final int INODE_MODE = 4;
  static final int INODE_FILE_SIZE = 8;
  static final int INODE_UNION = 16;
  static final int INODE_NUMBER = 20;
  static final int INODE_UID = 24;
  static final int INODE_GID = 28;
  static final int INODE_MTIME = 32;
  static final int INODE_MTIME_NANOS = 40;
  static final int INODE_LINKS = 44;

  /**
   * Flags of our own in {@code i_reserved2}, the last 16 bytes, which Linux neither reads nor
   * checks: they are seen by nobody who looks at a mounted image.
   */
  static final int INODE_OWN_FLAGS = 48;

  /** Of a directory: the layer has no entry for it. */
  static final int OWN_IMPLIED = 1;

  /** Of the root: the image tells which directories are implied. */
  static final int OWN_TELLS_IMPLIED = 2;

  /** Of the root: some directory but the root is implied, or was at first. */
  static final int OWN_HAS_IMPLIED = 4;

  /** Of a directory: the layer's entry for it came after something in it. */
  static final int OWN_IMPLIED_FIRST = 8;

  static final int FORMAT_EXTENDED = 1;
  static final int LAYOUT_PLAIN = 0;
  static final int LAYOUT_INLINE = 2;
  static final int LAYOUT_CHUNKED = 4;

  // the union of a chunked inode, and struct erofs_inode_chunk_index, 8 bytes
  static final int CHUNK_FORMAT_INDEXES = 0x20;
  static final int CHUNK_FORMAT_BITS_MASK = 0x1f;
  static final int CHUNK_INDEX_SIZE = 8;
  static final int CHUNK_INDEX_DEVICE = 2;
  static final int CHUNK_INDEX_BLOCK = 4;
  static final int DATA_DEVICE = 1;

  // struct erofs_xattr_ibody_header, 12 bytes, and struct erofs_xattr_entry, 4 bytes
  static final int XATTR_HEADER_SIZE = 12;
  static final int XATTR_SHARED_COUNT = 4;
  static final int XATTR_ENTRY_SIZE = 4;
  static final int XATTR_ENTRY_INDEX = 1;
  static final int XATTR_ENTRY_VALUE_SIZE = 2;

  // struct erofs_dirent, 12 bytes
  static final int DIRENT_SIZE = 12;
  static final int DIRENT_NAME_OFFSET = 8;
  static final int DIRENT_TYPE = 10;

  /** Linux's NAME_MAX and XATTR_NAME_MAX, and what the format has a byte for. */
  static final int MAX_NAME = 255;

  /** Linux's PATH_MAX less the NUL. */
  static final int MAX_LINK_TARGET = 4095;

  /** The value size has 16 bits, one less than Linux's XATTR_SIZE_MAX. */
  static final int MAX_XATTR_VALUE = 65535;

  /** The count of 4-byte units has 16 bits and starts at 1 for the header: 262,148 bytes. */
  static final int MAX_XATTR_BODY = XATTR_HEADER_SIZE + (65535 - 1) * 4;

  static final int MIN_BLOCK_BITS = 9; // 512 bytes
  static final int MAX_BLOCK_BITS = 12; // 4096 bytes: the smallest page size of the kernels we meet

  private ErofsFormat() {}

  /** Returns the on-disk count for an xattr body of {@code bytes}, 0 for none. */
  static int xattrCount(int bytes) {
    return bytes == 0 ? 0 : (bytes - XATTR_HEADER_SIZE) / 4 + 1;
  }

  /** Returns the size in bytes of the xattr body that an on-disk count stands for. */
  static int xattrBodySize(int count) {
    return count == 0 ? 0 : XATTR_HEADER_SIZE + (count - 1) * 4;
  }

  /** Returns {@code value} rounded up to a multiple of {@code unit}, a power of two. */
  static long alignUp(long value, long unit) {
    return (value + unit - 1) & -unit;
  }
}
