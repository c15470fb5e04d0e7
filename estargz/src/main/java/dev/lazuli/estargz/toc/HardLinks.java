package dev.lazuli.estargz.toc;

import dev.lazuli.estargz.LayerFormatException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * Points the names of hard links to the inodes that they mean. Targets are looked up when the whole
 * TOC is known, so they may come later, be hard links themselves, or have been replaced.
 *
 * <p>Each chain is walked once: the rows on it then know their inode ({@link InodeRow#NUMBER} holds
 * it + 1). A row that is met twice on one walk ({@link InodeRow#LINK_COUNT} holds the walk's mark)
 * is a cycle.
 */
final class HardLinks {
  private final String layer;
  private final Rows inodes;
  private final DirectoryTree tree;
  private final ByteHeap text;
  private final CleanPath path;
  private byte[] target = new byte[256];

  HardLinks(String layer, Rows inodes, DirectoryTree tree, ByteHeap text, CleanPath path) {
    this.layer = layer;
    this.inodes = inodes;
    this.tree = tree;
    this.text = text;
    this.path = path;
  }

  void resolve() throws LayerFormatException {
    var entries = tree.entries();
    for (int entry = 0; entry < entries.count(); entry++) {
      var inode = tree.inode(entry);
      if (isHardLink(inode) && entries.getInt(entry, EntryRow.PARENT) != EntryRow.LOST) {
        tree.setInode(entry, resolve(inode));
      }
    }
    forget();
  }

  /** Returns the inode that a chain of hard links ends in. */
  private int resolve(int first) throws LayerFormatException {
    var mark = first + 1;
    var inode = first;
    while (isHardLink(inode)) {
      var known = inodes.getInt(inode, InodeRow.NUMBER);
      if (known != 0) {
        inode = known - 1;
        break;
      }
      if (inodes.getInt(inode, InodeRow.LINK_COUNT) == mark) {
        throw bad(inode, "a hard link", "no cycle of hard links");
      }
      inodes.setInt(inode, InodeRow.LINK_COUNT, mark);
      inode = target(inode);
    }
    remember(first, inode);
    return inode;
  }

  private void remember(int first, int end) throws LayerFormatException {
    for (int inode = first;
        inode != end && inodes.getInt(inode, InodeRow.NUMBER) == 0;
        inode = target(inode)) {
      inodes.setInt(inode, InodeRow.NUMBER, end + 1);
    }
  }

  private int target(int link) throws LayerFormatException {
    var length = (int) inodes.getLong(link, InodeRow.SIZE);
    if (target.length < length) {
      target = new byte[length];
    }
    var from = text.slice((int) inodes.getLong(link, InodeRow.PLACE), length);
    MemorySegment.copy(from, ValueLayout.JAVA_BYTE, 0, target, 0, length);
    path.set(target, length);
    var entry = tree.find(path);
    if (entry < 0) {
      throw bad(link, "not there", "a file of this layer");
    }
    var inode = tree.inode(entry);
    var flags = inodes.getInt(inode, InodeRow.FLAGS);
    if (Kind.ofCode(flags & InodeRow.KIND_MASK) == Kind.DIRECTORY) {
      throw bad(link, "a directory", "a file of this layer");
    }
    if ((flags & InodeRow.WHITEOUT) != 0) {
      throw bad(link, "a whiteout", "a file of this layer");
    }
    return inode;
  }

  /** Leaves the borrowed fields as the rest of the build expects them. */
  private void forget() {
    for (int inode = 0; inode < inodes.count(); inode++) {
      inodes.setInt(inode, InodeRow.NUMBER, 0);
      inodes.setInt(inode, InodeRow.LINK_COUNT, 0);
    }
  }

  private boolean isHardLink(int inode) {
    var flags = inodes.getInt(inode, InodeRow.FLAGS);
    return Kind.ofCode(flags & InodeRow.KIND_MASK) == Kind.HARDLINK;
  }

  private LayerFormatException bad(int link, String value, String limit) {
    var length = (int) inodes.getLong(link, InodeRow.SIZE);
    var name =
        StandardCharsets.UTF_8.decode(
            text.slice((int) inodes.getLong(link, InodeRow.PLACE), length).asByteBuffer());
    return new LayerFormatException(layer, "hard link target " + name, value, limit);
  }
}
