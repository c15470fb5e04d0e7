package dev.lazuli.estargz.toc;

import dev.lazuli.estargz.LayerFormatException;

/**
 * Numbers the inodes that the root reaches, breadth first and by name, and lists each directory's
 * names in order. What was replaced is not reached, and so gone.
 */
final class TreeWalk {
  private final String layer;
  private final IndexSpace space;
  private final RowTable inodes;
  private final RowTable entries;
  private final ByteHeap text;

  TreeWalk(String layer, IndexSpace space, RowTable inodes, RowTable entries, ByteHeap text) {
    this.space = space;
    this.layer = layer;
    this.inodes = inodes;
    this.entries = entries;
    this.text = text;
  }

  /** Fills {@code order} (number to inode row) and {@code children} (entry rows by directory). */
  void number(RowTable order, RowTable children) throws LayerFormatException {
    try (var ends = group(children);
        var sort = new IntSort(space)) {
      visit(order, entries.getInt(NameTable.ROOT, EntryRow.INODE), NameTable.ROOT);
      for (int number = 0; number < order.count(); number++) {
        var inode = order.getInt(number, 0);
        if (kind(inode) == EntryKind.DIRECTORY) {
          list(order, children, ends, sort, inode);
        }
      }
    }
    for (int entry = 0; entry < entries.count(); entry++) {
      var inode = entries.getInt(entry, EntryRow.INODE);
      entries.setInt(entry, EntryRow.INODE, inodes.getInt(inode, InodeRow.NUMBER) - 1);
    }
  }

  /**
   * Counting sort of the entries by their directory. Returns, by entry row, where its children end;
   * they start where those of the row before end.
   */
  private RowTable group(RowTable children) {
    var ends = space.scratch(Integer.BYTES);
    ends.addUpTo(entries.count());
    for (int entry = 0; entry < entries.count(); entry++) {
      var directory = entries.getInt(entry, EntryRow.PARENT);
      if (directory >= 0) {
        ends.setInt(directory, 0, ends.getInt(directory, 0) + 1);
        children.addInt(0);
      }
    }
    var start = 0;
    for (int entry = 0; entry < entries.count(); entry++) {
      var count = ends.getInt(entry, 0);
      ends.setInt(entry, 0, start);
      start += count;
    }
    for (int entry = 0; entry < entries.count(); entry++) {
      var directory = entries.getInt(entry, EntryRow.PARENT);
      if (directory >= 0) {
        var at = ends.getInt(directory, 0);
        children.setInt(at, 0, entry);
        ends.setInt(directory, 0, at + 1);
      }
    }
    return ends;
  }

  private void list(RowTable order, RowTable children, RowTable ends, IntSort sort, int directory)
      throws LayerFormatException {
    var own = inodes.getInt(directory, InodeRow.ENTRY);
    var first = own == 0 ? 0 : ends.getInt(own - 1, 0);
    var end = ends.getInt(own, 0);
    sort.sort(children, first, end, this::compareNames);
    inodes.setLong(directory, InodeRow.PLACE, first | (long) (end - first) << 32);
    for (int i = first; i < end; i++) {
      var entry = children.getInt(i, 0);
      var inode = entries.getInt(entry, EntryRow.INODE);
      visit(order, inode, entry);
      if (kind(inode) == EntryKind.DIRECTORY) {
        addLink(directory);
      }
    }
  }

  private void visit(RowTable order, int inode, int entry) throws LayerFormatException {
    if (inodes.getInt(inode, InodeRow.NUMBER) == 0) {
      order.addInt(inode);
      order.setInt(order.count() - 1, OrderRow.MODE, inodes.getInt(inode, InodeRow.MODE));
      inodes.setInt(inode, InodeRow.NUMBER, order.count());
      inodes.setInt(inode, InodeRow.ENTRY, entry);
      if (kind(inode) == EntryKind.DIRECTORY) {
        addLink(inode);
      }
    } else if (kind(inode) == EntryKind.DIRECTORY) {
      throw new LayerFormatException(layer, "directory", "named twice", "one name each");
    }
    addLink(inode);
  }

  private void addLink(int inode) {
    var links = inodes.getInt(inode, InodeRow.LINK_COUNT);
    inodes.setInt(inode, InodeRow.LINK_COUNT, links + 1);
  }

  private int compareNames(int a, int b) {
    return text.compare(
        entries.getInt(a, EntryRow.NAME),
        entries.getInt(a, EntryRow.NAME_BYTES),
        entries.getInt(b, EntryRow.NAME),
        entries.getInt(b, EntryRow.NAME_BYTES));
  }

  private EntryKind kind(int inode) {
    return EntryKind.ofCode(inodes.getInt(inode, InodeRow.FLAGS) & InodeRow.KIND_MASK);
  }
}
