package dev.lazuli.bridge.erofs;

import static dev.lazuli.bridge.erofs.ErofsFormat.CHUNK_INDEX_SIZE;
import static dev.lazuli.bridge.erofs.ErofsFormat.FIRST_INODE_OFFSET;
import static dev.lazuli.bridge.erofs.ErofsFormat.INODE_SIZE;
import static dev.lazuli.bridge.erofs.ErofsFormat.INODE_SLOT;

import dev.lazuli.bridge.kernel.FileMode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.IntBuffer;

/**
 * Where every inode goes in the image. Inodes are placed breadth first, the children of a directory
 * side by side in the order of their names, so that a walk reads the image from front to back and
 * the root always lies where the superblock's 16 bits can name it.
 *
 * <p>Three numbers per inode, off the heap: 12 bytes.
 */
final class ImagePlan {
  private static final int UNREACHED = -1;

  private final InodeSource source;
  private final int blockSize;
  private final IntBuffer order;
  private final IntBuffer slots;
  private final IntBuffer directorySizes;
  private int placed;
  private long inodesEnd;
  private boolean hasImplied;

  private ImagePlan(InodeSource source, int blockSize, Arena arena) {
    this.source = source;
    this.blockSize = blockSize;
    int count = source.inodeCount();
    this.order = numbers(arena, count, 0);
    this.slots = numbers(arena, count, UNREACHED);
    this.directorySizes = numbers(arena, count, 0);
  }

  /** Returns numbers of which every byte has the same value. */
  private static IntBuffer numbers(Arena arena, int count, int value) {
    var bytes = arena.allocate(ValueLayout.JAVA_INT, count);
    if (value != 0) {
      bytes.fill((byte) value);
    }
    return bytes.asByteBuffer().order(ByteOrder.nativeOrder()).asIntBuffer();
  }

  /**
   * Walks the source twice and returns the plan.
   *
   * @throws UnrepresentableInodeException if the tree contradicts itself or exceeds a limit
   */
  static ImagePlan of(InodeSource source, int blockSize, XattrEncoder xattrs, Arena arena)
      throws IOException {
    if (source.inodeCount() < 1 || !FileMode.isDirectory(source.mode(0))) {
      throw new UnrepresentableInodeException(0, "the root is not a directory");
    }
    var plan = new ImagePlan(source, blockSize, arena);
    plan.orderInodes();
    plan.placeInodes(xattrs);
    return plan;
  }

  /** Returns how many inodes the tree reaches from its root. */
  int inodeCount() {
    return placed;
  }

  /** Returns the source's number of the inode at a position in the image's order. */
  int inodeAt(int position) {
    return order.get(position);
  }

  /** Returns the nid of an inode of the source. */
  long nid(int inode) {
    return Integer.toUnsignedLong(slots.get(inode));
  }

  /** Returns the size in bytes of a directory's data, of a link's target, or of a file. */
  long size(int inode) {
    return FileMode.isDirectory(source.mode(inode))
        ? directorySizes.get(inode)
        : source.size(inode);
  }

  /** Returns the offset where the inodes end and the blocks of large directories start. */
  long inodesEnd() {
    return inodesEnd;
  }

  /**
   * Returns whether an inode, other than the root, has attributes that its layer does not state.
   */
  boolean hasImplied() {
    return hasImplied;
  }

  /** Returns whether an inode has bytes that the image itself holds. */
  boolean hasContent(int inode) {
    int mode = source.mode(inode);
    return FileMode.isDirectory(mode) || FileMode.isSymlink(mode);
  }

  /**
   * Returns whether the inode's bytes lie right behind it and its xattrs, all in one block: older
   * kernels take a link's target only so.
   */
  boolean isInline(int inode, int xattrSize) {
    return hasContent(inode) && INODE_SIZE + xattrSize + size(inode) <= blockSize;
  }

  /** Breadth first from the root: the order is its own queue. */
  private void orderInodes() throws IOException {
    var packer = new DirectoryPacker(blockSize, (block, length) -> {});
    reach(0, 0);
    for (int next = 0; next < placed; next++) {
      int inode = inodeAt(next);
      if (FileMode.isDirectory(source.mode(inode))) {
        long size = pack(packer, inode);
        if (size > Integer.MAX_VALUE) {
          throw new UnrepresentableInodeException(inode, "directory data of " + size + " bytes");
        }
        directorySizes.put(inode, (int) size);
      }
    }
  }

  private long pack(DirectoryPacker packer, int directory) throws IOException {
    packer.begin(directory, 0, 0);
    try {
      source.forEachChild(
          directory,
          (name, child) -> {
            try {
              reach(child, directory);
              packer.add(name, 0, 0);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return packer.end();
  }

  private void reach(int inode, int parent) throws UnrepresentableInodeException {
    if (inode < 0 || inode >= source.inodeCount()) {
      throw new UnrepresentableInodeException(
          parent, "has a child " + inode + " that is not an inode");
    }
    boolean first = slots.get(inode) == UNREACHED;
    if (FileMode.isDirectory(source.mode(inode)) && !(first && source.parent(inode) == parent)) {
      throw new UnrepresentableInodeException(inode, "directory with a second parent " + parent);
    }
    if (first) {
      slots.put(inode, 0);
      order.put(placed++, inode);
    }
  }

  private void placeInodes(XattrEncoder xattrs) throws IOException {
    long end = FIRST_INODE_OFFSET;
    for (int i = 0; i < placed; i++) {
      int inode = inodeAt(i);
      hasImplied |= i > 0 && (source.isImplied(inode) || source.isImpliedFirst(inode));
      int xattrSize = xattrs.encode(source, inode);
      long length = length(inode, xattrSize);
      long start = ErofsFormat.alignUp(end, INODE_SLOT);
      long rest = blockSize - (start & (blockSize - 1));
      if (rest < (isInline(inode, xattrSize) ? length : INODE_SIZE)) {
        start += rest;
      }
      slots.put(inode, slot(inode, start));
      end = start + length;
    }
    inodesEnd = ErofsFormat.alignUp(end, blockSize);
  }

  private static int slot(int inode, long start) throws UnrepresentableInodeException {
    long slot = start / INODE_SLOT;
    if (slot >= 0xffff_ffffL) {
      throw new UnrepresentableInodeException(inode, "more than 128 GiB of inodes");
    }
    return (int) slot;
  }

  /** Returns the bytes that an inode takes with its xattrs and what lies behind them. */
  private long length(int inode, int xattrSize) {
    long bare = (long) INODE_SIZE + xattrSize;
    if (isInline(inode, xattrSize)) {
      return bare + size(inode);
    }
    boolean hasChunk = FileMode.isRegular(source.mode(inode)) && source.size(inode) > 0;
    return hasChunk ? ErofsFormat.alignUp(bare, CHUNK_INDEX_SIZE) + CHUNK_INDEX_SIZE : bare;
  }
}
