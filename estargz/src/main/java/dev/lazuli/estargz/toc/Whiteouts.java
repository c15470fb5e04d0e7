package dev.lazuli.estargz.toc;

import java.util.BitSet;

/**
 * Settles whiteouts once the whole TOC is known. Below an opaque directory there is nothing that
 * they could hide, so there they vanish, as a later entry may have made the directory opaque. The
 * directories of all others are marked: overlayfs lists a directory that only one layer has as it
 * is, whiteouts and all, unless an attribute tells it to look for them.
 */
final class Whiteouts {
  static void settle(NameTable tree, RowTable inodes) {
    var entries = tree.entries();
    var covered = new BitSet();
    for (int entry = 1; entry < entries.count(); entry++) {
      var directory = entries.getInt(entry, EntryRow.PARENT);
      if (directory == EntryRow.LOST) {
        continue;
      }
      // A directory's row lies before those of its names. No layer can make the root opaque.
      var isCovered = covered.get(directory) || isOpaque(directory, tree, inodes);
      covered.set(entry, isCovered);
      if (has(inodes, tree.inode(entry), InodeRow.WHITEOUT)) {
        if (isCovered) {
          entries.setInt(entry, EntryRow.PARENT, EntryRow.LOST);
        } else {
          var inode = tree.inode(directory);
          var flags = inodes.getInt(inode, InodeRow.FLAGS);
          inodes.setInt(inode, InodeRow.FLAGS, flags | InodeRow.HOLDS_WHITEOUTS);
        }
      }
    }
  }

  private static boolean isOpaque(int directory, NameTable tree, RowTable inodes) {
    return directory != NameTable.ROOT && has(inodes, tree.inode(directory), InodeRow.OPAQUE);
  }

  private static boolean has(RowTable inodes, int inode, int flag) {
    return (inodes.getInt(inode, InodeRow.FLAGS) & flag) != 0;
  }

  private Whiteouts() {}
}
