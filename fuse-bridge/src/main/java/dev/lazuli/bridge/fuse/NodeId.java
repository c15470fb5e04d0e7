package dev.lazuli.bridge.fuse;

/**
 * The kernel's names for our files: slot in the upper half, EROFS nid in the lower. Slots are never
 * used again and nids lie in the image, so a node id means the same to every process that ever
 * serves the mount, and nothing has to be remembered about the kernel's references.
 *
 * <p>The same number is the inode number that users see. All layers share one file system, and two
 * files of one file system must not have the same number, or programs take them for hard links.
 */
final class NodeId {
  private static final int NID_BITS = 32;
  private static final long NID_MASK = (1L << NID_BITS) - 1;
  private static final int MAX_SLOT_DIGITS = 10;

  private NodeId() {}

  /** Returns the node of an inode; {@code nid} is less than 2^32, and 0 for a blob. */
  static long of(long slot, long nid) {
    return slot << NID_BITS | nid;
  }

  /** Returns the node's slot; 0 for the root and for numbers that we never gave out. */
  static long slot(long node) {
    return node >>> NID_BITS;
  }

  static long nid(long node) {
    return node & NID_MASK;
  }

  static boolean isNid(long nid) {
    return nid >= 0 && nid <= NID_MASK;
  }

  /** Returns the slot that a name stands for, or -1: decimal, below 2^31, no zero in front. */
  static long parseSlot(FuseRequest request) {
    int length = request.nameLength();
    if (length > MAX_SLOT_DIGITS || request.nameByte(0) == '0') {
      return -1;
    }
    long slot = 0;
    for (int i = 0; i < length; i++) {
      int digit = request.nameByte(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      slot = slot * 10 + digit;
    }
    return slot <= Integer.MAX_VALUE ? slot : -1;
  }
}
