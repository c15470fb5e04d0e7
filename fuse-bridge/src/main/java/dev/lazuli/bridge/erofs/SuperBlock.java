package dev.lazuli.bridge.erofs;

import static dev.lazuli.bridge.erofs.ErofsFormat.DEVICE_OFFSET;
import static dev.lazuli.bridge.erofs.ErofsFormat.FEATURE_COMPAT_CHECKSUM;
import static dev.lazuli.bridge.erofs.ErofsFormat.FEATURE_COMPAT_MTIME;
import static dev.lazuli.bridge.erofs.ErofsFormat.FEATURE_INCOMPAT_CHUNKED_FILE;
import static dev.lazuli.bridge.erofs.ErofsFormat.FEATURE_INCOMPAT_DEVICE_TABLE;
import static dev.lazuli.bridge.erofs.ErofsFormat.FIRST_INODE_OFFSET;
import static dev.lazuli.bridge.erofs.ErofsFormat.INT;
import static dev.lazuli.bridge.erofs.ErofsFormat.LONG;
import static dev.lazuli.bridge.erofs.ErofsFormat.SHORT;
import static dev.lazuli.bridge.erofs.ErofsFormat.SUPER_OFFSET;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.zip.CRC32C;

/**
 * An image's superblock and its one device slot.
 *
 * @param blockBits log2 of the block size
 * @param rootNid the root directory's nid; the format has 16 bits for it
 * @param inodeCount inodes in the image
 * @param blocks the image's own size in blocks, and the data device's place in the unified address
 *     space: mounted without its device the data lies past the end, and reading it is an I/O error
 * @param deviceBlocks the data device's size in blocks
 */
record SuperBlock(int blockBits, int rootNid, long inodeCount, long blocks, long deviceBlocks) {
  private static final int INCOMPAT = FEATURE_INCOMPAT_CHUNKED_FILE | FEATURE_INCOMPAT_DEVICE_TABLE;

  int blockSize() {
    return 1 << blockBits;
  }

  long imageSize() {
    return blocks << blockBits;
  }

  long deviceSize() {
    return deviceBlocks << blockBits;
  }

  /** Writes the superblock and the device slot into the image's first bytes, without checksum. */
  void write(MemorySegment head) {
    head.set(INT, SUPER_OFFSET, ErofsFormat.SUPER_MAGIC);
    head.set(
        INT,
        SUPER_OFFSET + ErofsFormat.SUPER_FEATURE_COMPAT,
        FEATURE_COMPAT_CHECKSUM | FEATURE_COMPAT_MTIME);
    head.set(ValueLayout.JAVA_BYTE, SUPER_OFFSET + ErofsFormat.SUPER_BLOCK_BITS, (byte) blockBits);
    head.set(SHORT, SUPER_OFFSET + ErofsFormat.SUPER_ROOT_NID, (short) rootNid);
    head.set(LONG, SUPER_OFFSET + ErofsFormat.SUPER_INODES, inodeCount);
    head.set(INT, SUPER_OFFSET + ErofsFormat.SUPER_BLOCKS, (int) blocks);
    head.set(INT, SUPER_OFFSET + ErofsFormat.SUPER_FEATURE_INCOMPAT, INCOMPAT);
    head.set(SHORT, SUPER_OFFSET + ErofsFormat.SUPER_EXTRA_DEVICES, (short) 1);
    head.set(
        SHORT,
        SUPER_OFFSET + ErofsFormat.SUPER_DEVICE_SLOT,
        (short) (DEVICE_OFFSET / ErofsFormat.DEVICE_SIZE));
    head.set(INT, DEVICE_OFFSET + ErofsFormat.DEVICE_BLOCKS, (int) deviceBlocks);
    head.set(INT, DEVICE_OFFSET + ErofsFormat.DEVICE_UNIFIED_ADDRESS, (int) blocks);
  }

  /** Sets the checksum. {@code head} reaches at least to the end of the superblock's block. */
  void seal(MemorySegment head) {
    head.set(INT, SUPER_OFFSET + ErofsFormat.SUPER_CHECKSUM, 0);
    head.set(
        INT, SUPER_OFFSET + ErofsFormat.SUPER_CHECKSUM, checksum(head, checkedSize(blockSize())));
  }

  /** Returns how many of the image's first bytes {@link #seal} needs. */
  int headSize() {
    return SUPER_OFFSET + checkedSize(blockSize());
  }

  static SuperBlock read(MemorySegment image) throws CorruptImageException {
    long size = image.byteSize();
    if (size < FIRST_INODE_OFFSET + ErofsFormat.INODE_SIZE
        || image.get(INT, SUPER_OFFSET) != ErofsFormat.SUPER_MAGIC) {
      throw new CorruptImageException("no EROFS superblock in " + size + " bytes");
    }
    int blockBits = image.get(ValueLayout.JAVA_BYTE, SUPER_OFFSET + ErofsFormat.SUPER_BLOCK_BITS);
    int incompatible = image.get(INT, SUPER_OFFSET + ErofsFormat.SUPER_FEATURE_INCOMPAT);
    if (blockBits < ErofsFormat.MIN_BLOCK_BITS || blockBits > ErofsFormat.MAX_BLOCK_BITS) {
      throw new CorruptImageException("block size 2^" + blockBits);
    }
    if (incompatible != INCOMPAT) {
      throw new CorruptImageException("features 0x%x, not 0x%x".formatted(incompatible, INCOMPAT));
    }
    var superBlock =
        new SuperBlock(
            blockBits,
            image.get(SHORT, SUPER_OFFSET + ErofsFormat.SUPER_ROOT_NID) & 0xffff,
            image.get(LONG, SUPER_OFFSET + ErofsFormat.SUPER_INODES),
            Integer.toUnsignedLong(image.get(INT, SUPER_OFFSET + ErofsFormat.SUPER_BLOCKS)),
            Integer.toUnsignedLong(image.get(INT, DEVICE_OFFSET + ErofsFormat.DEVICE_BLOCKS)));
    if (superBlock.imageSize() > size || superBlock.headSize() > size) {
      throw new CorruptImageException(
          "image of %d bytes is truncated to %d".formatted(superBlock.imageSize(), size));
    }
    superBlock.verify(image);
    return superBlock;
  }

  private void verify(MemorySegment image) throws CorruptImageException {
    int stored = image.get(INT, SUPER_OFFSET + ErofsFormat.SUPER_CHECKSUM);
    int actual = checksum(image, checkedSize(blockSize()));
    if (stored != actual) {
      throw new CorruptImageException(
          "superblock checksum 0x%x, computed 0x%x".formatted(stored, actual));
    }
  }

  /** The checksum covers the superblock to the end of its block. */
  private static int checkedSize(int blockSize) {
    return blockSize > SUPER_OFFSET ? blockSize - SUPER_OFFSET : blockSize;
  }

  /** Returns crc32c as the kernel means it: without the final complement, own field as zeros. */
  private static int checksum(MemorySegment image, int size) {
    var crc = new CRC32C();
    int afterField = ErofsFormat.SUPER_CHECKSUM + Integer.BYTES;
    crc.update(image.asSlice(SUPER_OFFSET, ErofsFormat.SUPER_CHECKSUM).asByteBuffer());
    crc.update(new byte[Integer.BYTES]);
    crc.update(image.asSlice(SUPER_OFFSET + afterField, size - afterField).asByteBuffer());
    return (int) ~crc.getValue();
  }
}
