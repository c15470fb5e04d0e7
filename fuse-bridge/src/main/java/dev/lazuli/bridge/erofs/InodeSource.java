package dev.lazuli.bridge.erofs;

import java.lang.foreign.MemorySegment;

/**
 * A layer's tree as the image writer wants to see it: inodes by dense numbers, 0 the root, hard
 * links already joined into one inode, parents already made. Whiteouts are character devices 0/0
 * and opaque directories carry overlayfs's xattr, as in an upper directory of overlayfs.
 *
 * <p>The segments handed to visitors are lent for the call only. Visitors are never called from
 * inside another visitor.
 */
public interface InodeSource {
  /** Takes one extended attribute. */
  @FunctionalInterface
  interface XattrVisitor {
    /**
     * Takes the attribute.
     *
     * @param name the full name, such as {@code user.mime_type}
     * @param value the value, as getxattr(2) would give it
     */
    void xattr(MemorySegment name, MemorySegment value);
  }

  /** Takes one entry of a directory. */
  @FunctionalInterface
  interface ChildVisitor {
    /**
     * Takes the entry.
     *
     * @param name 1 to 255 bytes without {@code /} and NUL, in no particular encoding
     * @param inode the entry's inode number
     */
    void child(MemorySegment name, int inode);
  }

  /** Returns how many inodes there are; numbers run from 0, the root, to this less one. */
  int inodeCount();

  /** Returns the full {@code st_mode}: type and permission bits. */
  int mode(int inode);

  /**
   * Returns whether a directory's attributes are only assumed, because the layer has something in
   * it but no entry for it.
   */
  default boolean isImplied(int inode) {
    return false;
  }

  /**
   * Returns whether a directory's entry came after something in it, so that it has the extended
   * attributes of the layers below, too.
   */
  default boolean isImpliedFirst(int inode) {
    return false;
  }

  /** Returns the owner's number, an unsigned 32-bit value. */
  int uid(int inode);

  /** Returns the group's number, an unsigned 32-bit value. */
  int gid(int inode);

  /** Returns the modification time's whole seconds since 1970, rounded down; may be negative. */
  long mtimeSeconds(int inode);

  /** Returns the modification time's nanoseconds above {@link #mtimeSeconds}, 0 to 999,999,999. */
  int mtimeNanos(int inode);

  /** Returns a regular file's size or a symbolic link's target length, in bytes; 0 for others. */
  long size(int inode);

  /**
   * Returns the number of names the inode has. A directory's count is not asked for: the writer
   * counts its subdirectories.
   */
  int linkCount(int inode);

  /** Returns a device's major number, 0 to 4095; 0 for other types. */
  int deviceMajor(int inode);

  /** Returns a device's minor number, 0 to 1,048,575; 0 for other types. */
  int deviceMinor(int inode);

  /**
   * Returns where a regular file's bytes start in the data file, a multiple of the image's block
   * size; -1 for an empty file and for other types.
   */
  long dataOffset(int inode);

  /** Returns a symbolic link's target, {@link #size} bytes, lent until the next call. */
  MemorySegment linkTarget(int inode);

  /** Hands every extended attribute of an inode to the visitor. */
  void forEachXattr(int inode, XattrVisitor visitor);

  /**
   * Hands every entry of a directory to the visitor, in bytewise order of the names, without {@code
   * .} and {@code ..}.
   */
  void forEachChild(int directory, ChildVisitor visitor);

  /** Returns the directory that holds a directory; the root holds itself. */
  int parent(int directory);
}
