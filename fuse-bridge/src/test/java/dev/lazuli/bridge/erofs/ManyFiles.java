package dev.lazuli.bridge.erofs;

import dev.lazuli.bridge.kernel.FileMode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/**
 * A tree of as many files as asked for, made on the fly, 1000 to a directory. Its main method
 * writes the image in a JVM whose heap is a few MiB.
 */
record ManyFiles(int inodeCount) implements InodeSource {
  private static final int PER_DIRECTORY = 1000;
  private static final ScratchName NAME = new ScratchName();
  private static final ScratchName VALUE = new ScratchName();

  /** Arguments: the number of inodes and the image's path. Prints nothing; fails by exit status. */
  public static void main(String[] args) throws Exception {
    var tree = new ManyFiles(Integer.parseInt(args[0]));
    var summary = ErofsWriter.write(tree, tree.inodeCount() * 4096L, Path.of(args[1]));
    try (var image = ErofsImage.open(Path.of(args[1]))) {
      if (summary.inodes() != tree.inodeCount() || image.inodeCount() != tree.inodeCount()) {
        throw new IllegalStateException(summary.toString());
      }
    }
  }

  private boolean isDirectory(int inode) {
    return inode % PER_DIRECTORY == 0;
  }

  @Override
  public int mode(int inode) {
    return isDirectory(inode) ? FileMode.DIRECTORY | 0755 : FileMode.REGULAR | 0644;
  }

  @Override
  public int uid(int inode) {
    return inode;
  }

  @Override
  public int gid(int inode) {
    return inode;
  }

  @Override
  public long mtimeSeconds(int inode) {
    return inode;
  }

  @Override
  public int mtimeNanos(int inode) {
    return inode;
  }

  @Override
  public long size(int inode) {
    return isDirectory(inode) ? 0 : 1 + inode % 4096;
  }

  @Override
  public int linkCount(int inode) {
    return 1;
  }

  @Override
  public int deviceMajor(int inode) {
    return 0;
  }

  @Override
  public int deviceMinor(int inode) {
    return 0;
  }

  @Override
  public long dataOffset(int inode) {
    return isDirectory(inode) ? -1 : inode * 4096L;
  }

  @Override
  public MemorySegment linkTarget(int inode) {
    return MemorySegment.NULL;
  }

  @Override
  public void forEachXattr(int inode, XattrVisitor visitor) {
    visitor.xattr(NAME.of("user.number-", inode), VALUE.of("", inode));
  }

  @Override
  public void forEachChild(int directory, ChildVisitor visitor) {
    for (int i = directory + 1; i < Math.min(directory + PER_DIRECTORY, inodeCount); i++) {
      visitor.child(NAME.of("file-", i), i);
    }
    if (directory == 0) {
      for (int i = PER_DIRECTORY; i < inodeCount; i += PER_DIRECTORY) {
        visitor.child(NAME.of("last-is-directory-", i), i);
      }
    }
  }

  @Override
  public int parent(int directory) {
    return 0;
  }

  /** A name that ends in a number of ten digits, in memory that is used again and again. */
  private static final class ScratchName {
    private static final int DIGITS = 10;
    private final MemorySegment bytes = Arena.global().allocate(64);

    MemorySegment of(String prefix, int number) {
      bytes.setString(0, prefix);
      int rest = number;
      for (int i = prefix.length() + DIGITS - 1; i >= prefix.length(); i--) {
        bytes.set(ValueLayout.JAVA_BYTE, i, (byte) ('0' + rest % 10));
        rest /= 10;
      }
      return bytes.asSlice(0, prefix.length() + DIGITS);
    }
  }
}
