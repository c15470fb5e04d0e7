package dev.lazuli.bridge.fuse;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.lazuli.bridge.erofs.CorruptImageException;
import dev.lazuli.bridge.erofs.ErofsImage;
import java.lang.foreign.MemorySegment;

/** Writes {@code fuse_attr} and the structs around it. */
final class Attributes {
  /** Nothing changes that a slot's number stands for, so the kernel may remember it forever. */
  static final long FOREVER_SECONDS = 1L << 31;

  private static final int BLOCK_SIZE = 4096;
  private static final int SECTOR_BITS = 9;

  private Attributes() {}

  /** Writes a {@code fuse_attr} but for its times, zero until {@link #time}; device 0. */
  static void write(
      MemorySegment to, long at, long ino, long size, int mode, int links, int uid, int gid) {
    to.asSlice(at, Protocol.ATTR_SIZE).fill((byte) 0);
    to.set(JAVA_LONG_UNALIGNED, at + Protocol.ATTR_INO, ino);
    to.set(JAVA_LONG_UNALIGNED, at + Protocol.ATTR_FILE_SIZE, size);
    long blocks = (size + BLOCK_SIZE - 1) / BLOCK_SIZE;
    to.set(JAVA_LONG_UNALIGNED, at + Protocol.ATTR_BLOCKS, blocks * (BLOCK_SIZE >> SECTOR_BITS));
    to.set(JAVA_INT_UNALIGNED, at + Protocol.ATTR_MODE, mode);
    to.set(JAVA_INT_UNALIGNED, at + Protocol.ATTR_NLINK, links);
    to.set(JAVA_INT_UNALIGNED, at + Protocol.ATTR_UID, uid);
    to.set(JAVA_INT_UNALIGNED, at + Protocol.ATTR_GID, gid);
    to.set(JAVA_INT_UNALIGNED, at + Protocol.ATTR_BLKSIZE, BLOCK_SIZE);
  }

  /** Writes one time as modification, change and access time, as EROFS shows them. */
  static void time(MemorySegment to, long at, long seconds, int nanos) {
    to.set(JAVA_LONG_UNALIGNED, at + Protocol.ATTR_ATIME, seconds);
    to.set(JAVA_LONG_UNALIGNED, at + Protocol.ATTR_MTIME, seconds);
    to.set(JAVA_LONG_UNALIGNED, at + Protocol.ATTR_CTIME, seconds);
    to.set(JAVA_INT_UNALIGNED, at + Protocol.ATTR_ATIME_NANOS, nanos);
    to.set(JAVA_INT_UNALIGNED, at + Protocol.ATTR_MTIME_NANOS, nanos);
    to.set(JAVA_INT_UNALIGNED, at + Protocol.ATTR_CTIME_NANOS, nanos);
  }

  static void device(MemorySegment to, long at, int encodedDevice) {
    to.set(JAVA_INT_UNALIGNED, at + Protocol.ATTR_RDEV, encodedDevice);
  }

  /**
   * Writes a {@code fuse_entry_out} but for its attributes, which go to {@link
   * Protocol#ENTRY_ATTR}; valid forever. Node 0 says that there is no such name.
   */
  static int entry(MemorySegment to, long at, long node) {
    to.asSlice(at, Protocol.ENTRY_OUT_SIZE).fill((byte) 0);
    to.set(JAVA_LONG_UNALIGNED, at + Protocol.ENTRY_NODEID, node);
    to.set(JAVA_LONG_UNALIGNED, at + Protocol.ENTRY_VALID, FOREVER_SECONDS);
    to.set(JAVA_LONG_UNALIGNED, at + Protocol.ENTRY_ATTR_VALID, FOREVER_SECONDS);
    return Protocol.ENTRY_OUT_SIZE;
  }

  /** Writes a {@code fuse_attr_out} but for its attributes, at {@link Protocol#ATTR_OUT_ATTR}. */
  static int attributesOut(MemorySegment body) {
    body.asSlice(0, Protocol.ATTR_OUT_SIZE).fill((byte) 0);
    body.set(JAVA_LONG_UNALIGNED, Protocol.ATTR_OUT_VALID, FOREVER_SECONDS);
    return Protocol.ATTR_OUT_SIZE;
  }

  /** Writes a {@code fuse_open_out}: reads come here one by one, and a close does not. */
  static int openedDirectly(MemorySegment body) {
    body.asSlice(0, Protocol.OPEN_OUT_SIZE).fill((byte) 0);
    body.set(
        JAVA_INT_UNALIGNED,
        Protocol.OPEN_OUT_FLAGS,
        Protocol.FOPEN_DIRECT_IO | Protocol.FOPEN_NOFLUSH);
    return Protocol.OPEN_OUT_SIZE;
  }

  /** Writes a {@code fuse_statfs_out}: a full file system of {@code files} files. */
  static int statfs(MemorySegment body, long files) {
    body.asSlice(0, Protocol.STATFS_OUT_SIZE).fill((byte) 0);
    body.set(JAVA_LONG_UNALIGNED, Protocol.STATFS_FILES, files);
    body.set(JAVA_INT_UNALIGNED, Protocol.STATFS_BSIZE, BLOCK_SIZE);
    body.set(JAVA_INT_UNALIGNED, Protocol.STATFS_NAMELEN, Protocol.NAME_MAX);
    body.set(JAVA_INT_UNALIGNED, Protocol.STATFS_FRSIZE, BLOCK_SIZE);
    return Protocol.STATFS_OUT_SIZE;
  }

  /** Writes an inode's {@code fuse_attr}. */
  static void write(ErofsImage image, long node, MemorySegment to, long at)
      throws CorruptImageException {
    long nid = NodeId.nid(node);
    write(
        to,
        at,
        node,
        image.size(nid),
        image.mode(nid),
        image.linkCount(nid),
        image.uid(nid),
        image.gid(nid));
    time(to, at, image.mtimeSeconds(nid), image.mtimeNanos(nid));
    device(to, at, image.encodedDevice(nid));
  }
}
