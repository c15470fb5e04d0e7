package dev.lazuli.bridge.erofs;

import static dev.lazuli.bridge.erofs.ErofsFormat.CHUNK_FORMAT_BITS_MASK;
import static dev.lazuli.bridge.erofs.ErofsFormat.CHUNK_FORMAT_INDEXES;
import static dev.lazuli.bridge.erofs.ErofsFormat.CHUNK_INDEX_BLOCK;
import static dev.lazuli.bridge.erofs.ErofsFormat.CHUNK_INDEX_DEVICE;
import static dev.lazuli.bridge.erofs.ErofsFormat.CHUNK_INDEX_SIZE;
import static dev.lazuli.bridge.erofs.ErofsFormat.INODE_SIZE;

import dev.lazuli.bridge.kernel.FileMode;

/**
 * Finds an image's inodes and what belongs to them: the extended attributes behind them, and the
 * bytes that they describe. Checks everything that it follows.
 *
 * @param bytes the whole image
 */
record InodeReader(ImageBytes bytes) {
  /** Returns the offset of an inode, which is inside the image and has the form that we write. */
  long at(long nid) throws CorruptImageException {
    if (nid < ErofsFormat.FIRST_INODE_OFFSET / ErofsFormat.INODE_SLOT
        || nid > (bytes.size() - INODE_SIZE) / ErofsFormat.INODE_SLOT) {
      throw new CorruptImageException("nid " + nid + " outside of the image");
    }
    long offset = nid * ErofsFormat.INODE_SLOT;
    if ((bytes.unsignedShort(offset) & ~(7 << 1)) != ErofsFormat.FORMAT_EXTENDED) {
      throw new CorruptImageException("nid " + nid + ": not an extended inode");
    }
    return offset;
  }

  /** Returns the offset of an inode, {@code type} being one of {@link FileMode}. */
  long ofType(long nid, int type) throws CorruptImageException {
    long inode = at(nid);
    int mode = bytes.unsignedShort(inode + ErofsFormat.INODE_MODE);
    if (FileMode.type(mode) != type) {
      throw new CorruptImageException(
          "nid %d: mode %o, expected type %o".formatted(nid, mode, type));
    }
    return inode;
  }

  /** Returns the size in bytes of the extended attributes behind the inode at an offset. */
  int xattrSize(long inode) throws CorruptImageException {
    return ErofsFormat.xattrBodySize(bytes.unsignedShort(inode + ErofsFormat.INODE_XATTR_COUNT));
  }

  /** Returns where a directory's data or a link's target starts; all of it is in the image. */
  long content(long inode) throws CorruptImageException {
    long size = bytes.getLong(inode + ErofsFormat.INODE_FILE_SIZE);
    long start =
        switch (layout(inode)) {
          case ErofsFormat.LAYOUT_INLINE -> inode + INODE_SIZE + xattrSize(inode);
          case ErofsFormat.LAYOUT_PLAIN ->
              bytes.unsignedInt(inode + ErofsFormat.INODE_UNION) * bytes.blockSize();
          default -> throw new CorruptImageException("inode at " + inode + ": unknown layout");
        };
    bytes.check(start, size);
    return start;
  }

  /** Returns where on the data device a regular file's bytes are; -1 for an empty file. */
  long dataOffset(long nid, long deviceSize) throws CorruptImageException {
    long inode = ofType(nid, FileMode.REGULAR);
    long size = bytes.getLong(inode + ErofsFormat.INODE_FILE_SIZE);
    if (size == 0) {
      return -1;
    }
    int format = bytes.getInt(inode + ErofsFormat.INODE_UNION);
    int chunkBits =
        Integer.numberOfTrailingZeros(bytes.blockSize()) + (format & CHUNK_FORMAT_BITS_MASK);
    long index = ErofsFormat.alignUp(inode + INODE_SIZE + xattrSize(inode), CHUNK_INDEX_SIZE);
    if (layout(inode) != ErofsFormat.LAYOUT_CHUNKED
        || (format & CHUNK_FORMAT_INDEXES) == 0
        || size < 0
        || (size - 1) >>> chunkBits != 0
        || bytes.unsignedShort(index + CHUNK_INDEX_DEVICE) != ErofsFormat.DATA_DEVICE) {
      throw new CorruptImageException("nid " + nid + ": not contiguous on the data device");
    }
    long offset = bytes.unsignedInt(index + CHUNK_INDEX_BLOCK) * bytes.blockSize();
    if (size > deviceSize - offset) {
      throw new CorruptImageException(
          "nid %d: %d bytes at %d extend past the data device's end at %d"
              .formatted(nid, size, offset, deviceSize));
    }
    return offset;
  }

  private int layout(long inode) throws CorruptImageException {
    return bytes.unsignedShort(inode) >> 1;
  }
}
