package dev.lazuli.bridge.erofs;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.lazuli.bridge.kernel.FileMode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Compiles a layer's tree into a metadata image that Linux 5.16 and later mounts with the layer's
 * data file as its one extra device.
 *
 * <p>The image is a pure function of the source, the data size and the block size: no times, no
 * random identifiers. Writing takes time linear in the tree and about 12 bytes of off-heap memory
 * per inode; the heap does not grow with the tree.
 *
 * <p>Extended attributes keep their {@code user.}, {@code trusted.}, {@code security.} and POSIX
 * ACL names. Others cannot be stored by EROFS, nor shown by Linux; they are left out and counted.
 */
public final class ErofsWriter {
  /** The block size in bytes unless another is asked for: every file starts at a multiple of it. */
  public static final int DEFAULT_BLOCK_SIZE = 4096;

  /**
   * What was written.
   *
   * @param inodes inodes in the image
   * @param imageBytes the image's size in bytes, a multiple of the block size
   * @param droppedXattrs extended attributes left out because Linux could not have stored them
   */
  public record Summary(int inodes, long imageBytes, long droppedXattrs) {}

  private final InodeSource source;
  private final long deviceSize;
  private final int blockBits;
  private final FileChannel out;
  private final XattrEncoder xattrs;
  private final ImagePlan plan;
  private final RegionWriter inodes;
  private final RegionWriter blocks;
  private final byte[] inodeBytes = new byte[ErofsFormat.INODE_SIZE];
  private final ByteBuffer inode = buffer(inodeBytes);
  private final byte[] chunkIndexBytes = new byte[ErofsFormat.CHUNK_INDEX_SIZE];
  private final ByteBuffer chunkIndex = buffer(chunkIndexBytes);
  private final byte[] inlineBlock;
  private final DirectoryPacker packer;
  private boolean inline;
  private int subdirectories;

  private ErofsWriter(
      InodeSource source, long deviceSize, int blockBits, FileChannel out, Arena arena)
      throws IOException {
    this.source = source;
    this.deviceSize = deviceSize;
    this.blockBits = blockBits;
    this.out = out;
    int blockSize = 1 << blockBits;
    this.plan = ImagePlan.of(source, blockSize, new XattrEncoder(), arena);
    this.xattrs = new XattrEncoder();
    this.inodes = new RegionWriter(out, 0, arena);
    this.blocks = new RegionWriter(out, plan.inodesEnd(), arena);
    this.inlineBlock = new byte[blockSize];
    this.packer = new DirectoryPacker(blockSize, this::directoryBlock);
  }

  private static ByteBuffer buffer(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Writes an image with blocks of {@link #DEFAULT_BLOCK_SIZE} into a file, which is made or
   * replaced. The file is not forced to disk.
   *
   * @see #write(InodeSource, long, int, FileChannel)
   */
  public static Summary write(InodeSource source, long deviceSize, Path file) throws IOException {
    try (var out =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      return write(source, deviceSize, DEFAULT_BLOCK_SIZE, out);
    }
  }

  /**
   * Writes an image into an empty file.
   *
   * @param source the tree
   * @param deviceSize the data file's size in bytes; every file's bytes lie below it
   * @param blockSize 512, 1024, 2048 or 4096 bytes
   * @param out open for reading and writing
   * @throws UnrepresentableInodeException if the tree contradicts itself or exceeds a limit of the
   *     format or of Linux
   * @throws IOException if writing fails
   */
  public static Summary write(InodeSource source, long deviceSize, int blockSize, FileChannel out)
      throws IOException {
    int blockBits = Integer.numberOfTrailingZeros(blockSize);
    if (Integer.bitCount(blockSize) != 1
        || blockBits < ErofsFormat.MIN_BLOCK_BITS
        || blockBits > ErofsFormat.MAX_BLOCK_BITS) {
      throw new IllegalArgumentException("block size of " + blockSize + " bytes");
    }
    if (deviceSize < 0 || deviceSize >>> blockBits >= 0xffff_ffffL) {
      throw new UnrepresentableInodeException(0, "data device of " + deviceSize + " bytes");
    }
    try (var arena = Arena.ofConfined()) {
      return new ErofsWriter(source, deviceSize, blockBits, out, arena).write();
    }
  }

  private Summary write() throws IOException {
    for (int i = 0; i < plan.inodeCount(); i++) {
      writeInode(plan.inodeAt(i));
    }
    inodes.padTo(plan.inodesEnd());
    inodes.flush();
    blocks.flush();
    writeHead();
    return new Summary(plan.inodeCount(), blocks.position(), xattrs.dropped());
  }

  private void writeInode(int number) throws IOException {
    int mode = source.mode(number);
    int xattrSize = xattrs.encode(source, number);
    inline = plan.isInline(number, xattrSize);
    long contentBlock = blocks.position() >>> blockBits;
    if (FileMode.isDirectory(mode)) {
      writeDirectory(number);
    } else if (FileMode.isSymlink(mode)) {
      writeLinkTarget(number);
    }
    inode.putShort(ErofsFormat.INODE_FORMAT, format(number, mode));
    inode.putShort(ErofsFormat.INODE_XATTR_COUNT, (short) ErofsFormat.xattrCount(xattrSize));
    inode.putShort(ErofsFormat.INODE_MODE, (short) mode);
    inode.putLong(ErofsFormat.INODE_FILE_SIZE, fileSize(number, mode));
    inode.putInt(ErofsFormat.INODE_UNION, union(number, mode, contentBlock));
    inode.putInt(ErofsFormat.INODE_NUMBER, (int) plan.nid(number));
    inode.putInt(ErofsFormat.INODE_UID, source.uid(number));
    inode.putInt(ErofsFormat.INODE_GID, source.gid(number));
    inode.putLong(ErofsFormat.INODE_MTIME, source.mtimeSeconds(number));
    inode.putInt(ErofsFormat.INODE_MTIME_NANOS, mtimeNanos(number));
    inode.putInt(ErofsFormat.INODE_LINKS, linkCount(number, mode));
    inode.putInt(ErofsFormat.INODE_OWN_FLAGS, ownFlags(number));

    inodes.padTo(plan.nid(number) * ErofsFormat.INODE_SLOT);
    inodes.write(inodeBytes, ErofsFormat.INODE_SIZE);
    inodes.write(xattrs.body(), xattrSize);
    if (inline) {
      inodes.write(inlineBlock, (int) plan.size(number));
    } else if (hasData(number, mode)) {
      writeChunkIndex(number);
    }
  }

  private int ownFlags(int number) {
    int flags = source.isImplied(number) ? ErofsFormat.OWN_IMPLIED : 0;
    flags |= source.isImpliedFirst(number) ? ErofsFormat.OWN_IMPLIED_FIRST : 0;
    if (number == 0) {
      flags |=
          ErofsFormat.OWN_TELLS_IMPLIED | (plan.hasImplied() ? ErofsFormat.OWN_HAS_IMPLIED : 0);
    }
    return flags;
  }

  private void writeDirectory(int directory) throws IOException {
    subdirectories = 0;
    packer.begin(directory, plan.nid(directory), plan.nid(source.parent(directory)));
    try {
      source.forEachChild(directory, this::addChild);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    if (packer.end() != plan.size(directory)) {
      throw new UnrepresentableInodeException(directory, "changed while it was written");
    }
  }

  private void addChild(MemorySegment name, int child) {
    int mode = source.mode(child);
    if (FileMode.isDirectory(mode)) {
      subdirectories++;
    }
    try {
      packer.add(name, plan.nid(child), FileMode.direntType(mode));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void directoryBlock(byte[] block, int length) throws IOException {
    if (inline) {
      System.arraycopy(block, 0, inlineBlock, 0, length);
    } else {
      writeBlock(block, length);
    }
  }

  private void writeLinkTarget(int link) throws IOException {
    var target = source.linkTarget(link);
    long length = target.byteSize();
    if (length == 0 || length > ErofsFormat.MAX_LINK_TARGET || length != source.size(link)) {
      throw new UnrepresentableInodeException(link, "link target of " + length + " bytes");
    }
    if (inline) {
      MemorySegment.copy(target, JAVA_BYTE, 0, inlineBlock, 0, (int) length);
    } else {
      writeBlock(target.toArray(JAVA_BYTE), (int) length);
    }
  }

  private void writeBlock(byte[] bytes, int length) throws IOException {
    blocks.write(bytes, length);
    blocks.padTo(ErofsFormat.alignUp(blocks.position(), 1L << blockBits));
  }

  private static boolean hasData(int mode, long size) {
    return FileMode.isRegular(mode) && size > 0;
  }

  private boolean hasData(int number, int mode) {
    return hasData(mode, source.size(number));
  }

  private short format(int number, int mode) throws UnrepresentableInodeException {
    if (FileMode.direntType(mode) < 0 || mode >>> 16 != 0) {
      throw new UnrepresentableInodeException(number, "mode %o".formatted(mode));
    }
    int layout = ErofsFormat.LAYOUT_PLAIN;
    if (inline) {
      layout = ErofsFormat.LAYOUT_INLINE;
    } else if (hasData(number, mode)) {
      layout = ErofsFormat.LAYOUT_CHUNKED;
    }
    return (short) (ErofsFormat.FORMAT_EXTENDED | layout << 1);
  }

  private long fileSize(int number, int mode) throws UnrepresentableInodeException {
    long size = plan.hasContent(number) || FileMode.isRegular(mode) ? plan.size(number) : 0;
    if (size < 0) {
      throw new UnrepresentableInodeException(number, "file size of " + size + " bytes");
    }
    return size;
  }

  private int union(int number, int mode, long contentBlock) throws UnrepresentableInodeException {
    if (FileMode.isDevice(mode)) {
      return encodedDevice(number);
    }
    if (hasData(number, mode)) {
      return ErofsFormat.CHUNK_FORMAT_INDEXES | chunkBits(source.size(number));
    }
    return plan.hasContent(number) && !inline ? (int) contentBlock : 0;
  }

  /** Returns log2 of the blocks in a chunk that is large enough for the whole file. */
  private int chunkBits(long size) {
    return Math.max(0, Long.SIZE - Long.numberOfLeadingZeros(size - 1) - blockBits);
  }

  /** The kernel's {@code new_encode_dev}. */
  private int encodedDevice(int number) throws UnrepresentableInodeException {
    int major = source.deviceMajor(number);
    int minor = source.deviceMinor(number);
    if (major >>> 12 != 0 || minor >>> 20 != 0) {
      throw new UnrepresentableInodeException(number, "device number " + major + ":" + minor);
    }
    return (minor & 0xff) | major << 8 | (minor & ~0xff) << 12;
  }

  private int mtimeNanos(int number) throws UnrepresentableInodeException {
    int nanos = source.mtimeNanos(number);
    if (nanos < 0 || nanos > 999_999_999) {
      throw new UnrepresentableInodeException(number, "time with " + nanos + " ns");
    }
    return nanos;
  }

  private int linkCount(int number, int mode) {
    return FileMode.isDirectory(mode) ? 2 + subdirectories : source.linkCount(number);
  }

  private void writeChunkIndex(int number) throws IOException {
    long offset = source.dataOffset(number);
    long size = source.size(number);
    if (offset < 0 || (offset & ((1L << blockBits) - 1)) != 0 || size > deviceSize - offset) {
      throw new UnrepresentableInodeException(
          number,
          "%d bytes at %d of a data file of %d bytes, in blocks of %d"
              .formatted(size, offset, deviceSize, 1 << blockBits));
    }
    inodes.padTo(ErofsFormat.alignUp(inodes.position(), ErofsFormat.CHUNK_INDEX_SIZE));
    chunkIndex.putShort(ErofsFormat.CHUNK_INDEX_DEVICE, (short) ErofsFormat.DATA_DEVICE);
    chunkIndex.putInt(ErofsFormat.CHUNK_INDEX_BLOCK, (int) (offset >>> blockBits));
    inodes.write(chunkIndexBytes, ErofsFormat.CHUNK_INDEX_SIZE);
  }

  /** Writes the superblock last: its checksum covers the first inodes. */
  private void writeHead() throws IOException {
    long imageBlocks = blocks.position() >>> blockBits;
    if (imageBlocks >= 0xffff_ffffL) {
      throw new UnrepresentableInodeException(0, "image of " + imageBlocks + " blocks");
    }
    long deviceBlocks = (deviceSize + (1L << blockBits) - 1) >>> blockBits;
    var superBlock =
        new SuperBlock(blockBits, (int) plan.nid(0), plan.inodeCount(), imageBlocks, deviceBlocks);
    var head = MemorySegment.ofArray(new byte[superBlock.headSize()]);
    var bytes = head.asByteBuffer();
    while (bytes.hasRemaining() && out.read(bytes, bytes.position()) >= 0) {}
    superBlock.write(head);
    superBlock.seal(head);
    RegionWriter.writeFully(out, head.asByteBuffer(), 0);
  }
}
