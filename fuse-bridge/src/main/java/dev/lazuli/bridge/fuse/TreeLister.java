package dev.lazuli.bridge.fuse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.lazuli.bridge.erofs.CorruptImageException;
import dev.lazuli.bridge.erofs.EntryVisitor;
import dev.lazuli.bridge.erofs.ErofsImage;
import java.lang.foreign.MemorySegment;

/** Puts a directory's entries into a reply, with their attributes if the kernel wants them. */
final class TreeLister implements EntryVisitor {
  /** The kernel's FT_* of an image and DT_* of a directory entry, by the former. */
  private static final byte[] DIRENT_TYPE = {0, 8, 4, 2, 6, 1, 12, 10};

  private final ErofsImage image;
  private final long slot;
  private final MemorySegment body;
  private final DirectoryWriter writer;
  private final boolean plus;
  private boolean failed;

  TreeLister(
      ErofsImage image, long slot, MemorySegment body, DirectoryWriter writer, boolean plus) {
    this.image = image;
    this.slot = slot;
    this.body = body;
    this.writer = writer;
    this.plus = plus;
  }

  @Override
  public boolean entry(
      MemorySegment names, long nameOffset, int nameLength, long nid, int type, long nextCookie) {
    int direntType = type < DIRENT_TYPE.length ? DIRENT_TYPE[type] : 0;
    long node = NodeId.of(slot, nid);
    int at = writer.begin(names, nameOffset, nameLength, node, direntType, nextCookie);
    if (at < 0) {
      return false;
    }
    if (!plus || isDots(names, nameOffset, nameLength)) {
      return true;
    }
    try {
      Attributes.entry(body, at, node);
      Attributes.write(image, node, body, at + Protocol.ENTRY_ATTR);
      return true;
    } catch (CorruptImageException e) {
      writer.undo(at);
      failed = true;
      return false;
    }
  }

  /** Returns if the listing ended at an inode that cannot be read. */
  boolean failed() {
    return failed;
  }

  private static boolean isDots(MemorySegment names, long offset, int length) {
    for (int i = 0; i < length; i++) {
      if (names.get(JAVA_BYTE, offset + i) != '.') {
        return false;
      }
    }
    return length <= 2;
  }
}
