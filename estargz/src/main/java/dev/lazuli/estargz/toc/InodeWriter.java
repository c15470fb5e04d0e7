package dev.lazuli.estargz.toc;

import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import org.jspecify.annotations.Nullable;

/**
 * Writes what TOC entries say into rows of inodes, as containerd leaves it on disk when it unpacks
 * a layer: symbolic links have all permissions, times lie between 1970 and 2262, and a file has the
 * attributes of the last hard link to it.
 */
final class InodeWriter {
  /** S_ISGID of uapi/linux/stat.h. */
  private static final int SETGID = 02000;

  /** The last second whose nanoseconds fit 63 bits (in 2262); containerd takes none after it. */
  private static final long LAST_SECOND = Long.MAX_VALUE / 1_000_000_000;

  private final String layer;
  private final Limits limits;
  private final RowTable inodes;
  private final ByteHeap text;
  private final XattrStore xattrs;
  private boolean hasWhiteouts;

  InodeWriter(String layer, Limits limits, RowTable inodes, ByteHeap text) {
    this.layer = layer;
    this.limits = limits;
    this.inodes = inodes;
    this.text = text;
    xattrs = new XattrStore(layer, limits, inodes, text);
  }

  /** Returns a new inode for a directory that has no entry of its own. */
  int impliedDirectory() {
    var inode = inodes.add();
    inodes.setInt(inode, InodeRow.MODE, EntryKind.DIRECTORY.typeBits() | 0755);
    inodes.setInt(inode, InodeRow.FLAGS, EntryKind.DIRECTORY.code() | InodeRow.IMPLIED);
    return inode;
  }

  /**
   * Returns one that is made in a directory as this is now. A setgid one hands its group on; the
   * bit goes when containerd sets the mode.
   */
  int impliedDirectory(int parent) {
    var inode = impliedDirectory();
    if ((inodes.getInt(parent, InodeRow.MODE) & SETGID) != 0) {
      inodes.setInt(inode, InodeRow.GID, inodes.getInt(parent, InodeRow.GID));
    }
    return inode;
  }

  /** Returns a new inode for a whiteout. */
  int whiteout(TocEntry entry) {
    hasWhiteouts = true;
    var inode = inodes.add();
    inodes.setInt(inode, InodeRow.MODE, EntryKind.CHAR.typeBits());
    inodes.setInt(inode, InodeRow.FLAGS, EntryKind.CHAR.code() | InodeRow.WHITEOUT);
    setTime(inode, entry);
    return inode;
  }

  /** Returns whether there is an inode for a whiteout, named or not. */
  boolean hasWhiteouts() {
    return hasWhiteouts;
  }

  /** Returns a new inode for an entry. */
  int add(TocEntry entry) throws LayerFormatException {
    var inode = inodes.add();
    var kind = kindOf(entry);
    inodes.setInt(inode, InodeRow.FLAGS, kind.code());
    setPermissions(inode, entry, kind);
    xattrs.add(inode, entry);
    switch (kind) {
      case REGULAR -> {
        inodes.setLong(inode, InodeRow.SIZE, entry.size);
        inodes.setLong(inode, InodeRow.PLACE, -1);
      }
      case SYMLINK -> storeLink(inode, entry, limits.linkTargetBytes());
      case HARDLINK -> storeLink(inode, entry, limits.pathBytes());
      case CHAR, BLOCK ->
          inodes.setLong(inode, InodeRow.PLACE, entry.deviceMajor | (long) entry.deviceMinor << 32);
      case DIRECTORY, FIFO, CHUNK -> {}
    }
    return inode;
  }

  /** Gives a directory that is there the attributes of its own, or one more, entry. */
  void describe(int directory, TocEntry entry) throws LayerFormatException {
    var flags = inodes.getInt(directory, InodeRow.FLAGS);
    var late = (flags & InodeRow.IMPLIED) != 0 ? InodeRow.IMPLIED_FIRST : 0;
    inodes.setInt(directory, InodeRow.FLAGS, (flags & ~InodeRow.IMPLIED) | late);
    setPermissions(directory, entry, EntryKind.DIRECTORY);
    xattrs.add(directory, entry);
  }

  /**
   * Gives a file the attributes of one more hard link to it: unpacking sets them through the new
   * name, and setting the owner takes the file's capabilities away.
   */
  void link(int inode, TocEntry entry) throws LayerFormatException {
    setPermissions(inode, entry, kind(inode));
    xattrs.replaceCapability(inode, entry);
  }

  /** Marks a directory as one that hides what lower layers have in it. */
  void makeOpaque(int directory) {
    var flags = inodes.getInt(directory, InodeRow.FLAGS);
    inodes.setInt(directory, InodeRow.FLAGS, flags | InodeRow.OPAQUE);
  }

  /** Marks a file of which the layer's table leaves out some content. */
  void makeUncovered(int file) {
    var flags = inodes.getInt(file, InodeRow.FLAGS);
    inodes.setInt(file, InodeRow.FLAGS, flags | InodeRow.UNCOVERED);
  }

  EntryKind kind(int inode) {
    return EntryKind.ofCode(inodes.getInt(inode, InodeRow.FLAGS) & InodeRow.KIND_MASK);
  }

  boolean isWhiteout(int inode) {
    return (inodes.getInt(inode, InodeRow.FLAGS) & InodeRow.WHITEOUT) != 0;
  }

  private void setPermissions(int inode, TocEntry entry, EntryKind kind) {
    var permissions = kind == EntryKind.SYMLINK ? 0777 : entry.mode;
    inodes.setInt(inode, InodeRow.MODE, kind.typeBits() | permissions);
    inodes.setInt(inode, InodeRow.UID, entry.uid);
    inodes.setInt(inode, InodeRow.GID, entry.gid);
    setTime(inode, entry);
  }

  private void setTime(int inode, TocEntry entry) {
    var isKept = entry.mtimeSeconds >= 0 && entry.mtimeSeconds < LAST_SECOND;
    inodes.setLong(inode, InodeRow.MTIME_SECONDS, isKept ? entry.mtimeSeconds : 0);
    inodes.setInt(inode, InodeRow.MTIME_NANOS, isKept ? entry.mtimeNanos : 0);
  }

  private void storeLink(int inode, TocEntry entry, int limit) throws LayerFormatException {
    var length = entry.link.length();
    if (length == 0 || length > limit) {
      throw bad(entry, "link target bytes", length, "1 to " + limit);
    }
    for (int i = 0; i < length; i++) {
      if (entry.link.bytes()[i] == 0) {
        throw bad(entry, "link target", entry.link, "no NUL");
      }
    }
    inodes.setLong(inode, InodeRow.PLACE, text.add(entry.link.bytes(), 0, length));
    inodes.setLong(inode, InodeRow.SIZE, length);
  }

  private static EntryKind kindOf(TocEntry entry) {
    if (entry.kind == null) {
      throw new IllegalStateException("entry without a type got past the check");
    }
    return entry.kind;
  }

  private LayerFormatException bad(
      TocEntry entry, String field, @Nullable Object value, String limit) {
    return new LayerFormatException(
        layer, "TOC entry " + entry.name + " " + field, String.valueOf(value), limit);
  }
}
