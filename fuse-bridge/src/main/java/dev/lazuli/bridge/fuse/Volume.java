package dev.lazuli.bridge.fuse;

import dev.lazuli.bridge.kernel.Errno;
import java.lang.foreign.MemorySegment;

/**
 * What one connection shows. Every method but {@link #answer} and {@link #read} writes the body of
 * its reply and returns the body's length in bytes, or {@code -errno}. Called by several loops at
 * once; a node may be any number at all.
 */
interface Volume {
  /** Returns the INIT flags that this volume wants besides those that every connection wants. */
  long wantedFlags();

  /** Returns the {@code MS_*} bits with which it is mounted. */
  long mountFlags();

  /**
   * Answers a request, now or later, in a way of its own.
   *
   * @return false if it is to be answered by the methods below
   */
  default boolean answer(FuseConnection connection, FuseRequest request, ReplyBuffer reply) {
    return false;
  }

  /** Finds {@code request}'s name in {@code parent}. */
  int lookup(long parent, FuseRequest request, MemorySegment body);

  int attributes(long node, MemorySegment body);

  int open(long node, MemorySegment body);

  /** Lists from {@code cookie} on what fits into {@code limit} bytes; 0 at the end. */
  int readDirectory(long node, long cookie, int limit, boolean plus, MemorySegment body);

  int readLink(long node, MemorySegment body);

  /**
   * Gets the attribute that is {@code request}'s name.
   *
   * @param limit the caller's space in bytes; 0 to be told the size
   */
  default int getXattr(long node, FuseRequest request, int limit, MemorySegment body) {
    return -Errno.ENOSYS;
  }

  /** Lists the names of attributes; see {@link #getXattr}. */
  default int listXattrs(long node, int limit, MemorySegment body) {
    return -Errno.ENOSYS;
  }

  default int statfs(long node, MemorySegment body) {
    return Attributes.statfs(body, 0);
  }

  /** Answers a read through {@code connection}, now or later. */
  void read(
      FuseConnection connection, FuseRequest request, long offset, int length, ReplyBuffer reply);
}
