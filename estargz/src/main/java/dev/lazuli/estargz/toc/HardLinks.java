package dev.lazuli.estargz.toc;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;

/**
 * Finds what hard links mean. A link means the inode that its target's name has at that moment,
 * whatever becomes of the name later. A target that is not there yet may still come (no unpacking
 * takes such a layer, but its order says what is meant), so those links are pointed to it when the
 * whole TOC is known.
 *
 * <p>Each chain of those is walked once: the rows on it then know their inode ({@link
 * InodeRow#NUMBER} holds it + 1). A row that is met twice on one walk ({@link InodeRow#LINK_COUNT}
 * holds the walk's mark) is a cycle.
 */
final class HardLinks {
  private final String layer;
  private final RowTable inodes;
  private final NameTable tree;
  private final ByteHeap text;
  private final SymlinkWalk symlinks;
  private final CleanPath path;

  HardLinks(
      String layer,
      Limits limits,
      RowTable inodes,
      NameTable tree,
      ByteHeap text,
      SymlinkWalk symlinks) {
    this.layer = layer;
    this.inodes = inodes;
    this.tree = tree;
    this.text = text;
    this.symlinks = symlinks;
    path = new CleanPath(layer, limits);
  }

  /**
   * Returns the inode that a link's target has now, or -1 if there is none. It may be that of
   * another link that waits for its target.
   *
   * @param replaced the entry whose name the link is about to take, with all below it, or -1
   */
  int find(Utf8Buffer target, int replaced) throws LayerFormatException {
    var entry = entry(target.bytes(), target.length());
    if (entry < 0 || tree.isWithin(entry, replaced)) {
      return -1;
    }
    return checked(tree.inode(entry), target.bytes(), target.length());
  }

  /** Points the names of links that came before their target to its inode. */
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
        throw bad(target(inode), "a hard link", "no cycle of hard links");
      }
      inodes.setInt(inode, InodeRow.LINK_COUNT, mark);
      inode = next(inode);
    }
    remember(first, inode);
    return inode;
  }

  private void remember(int first, int end) throws LayerFormatException {
    for (int inode = first;
        inode != end && inodes.getInt(inode, InodeRow.NUMBER) == 0;
        inode = next(inode)) {
      inodes.setInt(inode, InodeRow.NUMBER, end + 1);
    }
  }

  private int next(int link) throws LayerFormatException {
    var target = target(link);
    var entry = entry(target, target.length);
    if (entry < 0) {
      throw bad(target, "not there", "a file of this layer");
    }
    return checked(tree.inode(entry), target, target.length);
  }

  private byte[] target(int link) {
    var length = (int) inodes.getLong(link, InodeRow.SIZE);
    return text.slice((int) inodes.getLong(link, InodeRow.PLACE), length).toArray(JAVA_BYTE);
  }

  /** Returns the entry that a path names, or -1. A link as its last component is not followed. */
  private int entry(byte[] target, int length) throws LayerFormatException {
    path.set(target, length);
    if (isPlain(target, length) && !leadsThroughLink()) {
      return tree.find(path);
    }
    var words = new String(target, 0, length, ISO_8859_1);
    var slash = words.lastIndexOf('/') + 1;
    var directory = slash == 0 ? "/" : symlinks.resolve(words.substring(0, slash));
    var bytes = SymlinkWalk.clean(directory + "/" + words.substring(slash)).getBytes(ISO_8859_1);
    path.set(bytes, bytes.length);
    return tree.find(path);
  }

  /** Returns whether cleaning a path by its words alone cannot change what it means. */
  private static boolean isPlain(byte[] path, int length) {
    var words = "/" + new String(path, 0, length, ISO_8859_1);
    return !words.contains("/..") && !words.endsWith("/") && !words.endsWith("/.");
  }

  private boolean leadsThroughLink() {
    var entry = NameTable.ROOT;
    for (int i = 0; i < path.depth() - 1; i++) {
      entry = tree.find(entry, path.bytes(), path.start(i), path.length(i));
      if (entry < 0) {
        return false;
      }
      if (kind(tree.inode(entry)) == EntryKind.SYMLINK) {
        return true;
      }
    }
    return false;
  }

  private int checked(int inode, byte[] target, int length) throws LayerFormatException {
    if (kind(inode) == EntryKind.DIRECTORY) {
      throw bad(target, length, "a directory", "a file of this layer");
    }
    if ((inodes.getInt(inode, InodeRow.FLAGS) & InodeRow.WHITEOUT) != 0) {
      throw bad(target, length, "a whiteout", "a file of this layer");
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
    return kind(inode) == EntryKind.HARDLINK;
  }

  private EntryKind kind(int inode) {
    return EntryKind.ofCode(inodes.getInt(inode, InodeRow.FLAGS) & InodeRow.KIND_MASK);
  }

  private LayerFormatException bad(byte[] target, String value, String limit) {
    return bad(target, target.length, value, limit);
  }

  private LayerFormatException bad(byte[] target, int length, String value, String limit) {
    var name = new String(target, 0, length, UTF_8);
    return new LayerFormatException(layer, "hard link target " + name, value, limit);
  }
}
