package dev.lazuli.estargz.toc;

import dev.lazuli.estargz.LayerFormatException;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The names of a layer while its TOC is read: rows of (directory, name, inode), found by an
 * open-addressed hash table. The hash is seeded, so that a TOC cannot choose names that collide.
 */
final class NameTable implements AutoCloseable {
  /** The row of the root directory, which has no name. */
  static final int ROOT = 0;

  private final String layer;
  private final int limit;
  private final ByteHeap text;
  private final IndexSpace space;
  private final RowTable entries;
  private final long seed = ThreadLocalRandom.current().nextLong() | 1;

  /**
   * By hash: the hash and, in the lower half, the entry + 1; 0 where there is none. So most of what
   * is looked at on the way to a name is one word, and not the entries in other places of memory.
   */
  private RowTable slots;

  private int mask = 1023;

  /** Makes a tree of a root that names inode row {@code rootInode}. */
  NameTable(String layer, int limit, IndexSpace space, ByteHeap text, int rootInode) {
    this.layer = layer;
    this.limit = limit;
    this.text = text;
    this.space = space;
    entries = space.table(EntryRow.BYTES);
    slots = emptySlots(mask + 1);
    var root = entries.add();
    entries.setInt(root, EntryRow.PARENT, -1);
    entries.setInt(root, EntryRow.INODE, rootInode);
  }

  RowTable entries() {
    return entries;
  }

  int inode(int entry) {
    return entries.getInt(entry, EntryRow.INODE);
  }

  void setInode(int entry, int inode) {
    entries.setInt(entry, EntryRow.INODE, inode);
  }

  /** Returns the entry of a name in a directory, or -1. */
  int find(int directory, byte[] name, int offset, int length) {
    var hash = hash(directory, name, offset, length);
    return entryAt(slot(hash, directory, name, offset, length));
  }

  /** Adds a name that the directory does not have and returns its entry. */
  int add(int directory, byte[] name, int offset, int length, int inode)
      throws LayerFormatException {
    if (entries.count() > limit) {
      throw new LayerFormatException(
          layer, "directory entries", entries.count(), "at most " + limit);
    }
    if (2L * entries.count() >= mask) {
      growSlots();
    }
    var hash = hash(directory, name, offset, length);
    var slot = slot(hash, directory, name, offset, length);
    return fill(slot, hash, newEntry(directory, name, offset, length, inode));
  }

  /** Puts a new entry in the place of one whose name is taken over: what lay below it is lost. */
  int replace(int old, int directory, byte[] name, int offset, int length, int inode)
      throws LayerFormatException {
    var hash = hash(directory, name, offset, length);
    var slot = slot(hash, directory, name, offset, length);
    var entry = newEntry(directory, name, offset, length, inode);
    entries.setInt(old, EntryRow.PARENT, EntryRow.LOST);
    return fill(slot, hash, entry);
  }

  /** Returns the entry of a path below the root, or -1. */
  int find(CleanPath path) {
    var entry = ROOT;
    for (int i = 0; i < path.depth() && entry >= 0; i++) {
      entry = find(entry, path.bytes(), path.start(i), path.length(i));
    }
    return entry;
  }

  /** Returns whether an entry is {@code directory} or lies below it; -1 holds nothing. */
  boolean isWithin(int entry, int directory) {
    for (int up = entry; up >= 0; up = entries.getInt(up, EntryRow.PARENT)) {
      if (up == directory) {
        return true;
      }
    }
    return false;
  }

  private int newEntry(int directory, byte[] name, int offset, int length, int inode)
      throws LayerFormatException {
    var at = text.add(name, offset, length);
    var entry = entries.add();
    entries.setInt(entry, EntryRow.PARENT, directory);
    entries.setInt(entry, EntryRow.NAME, at);
    entries.setInt(entry, EntryRow.NAME_BYTES, length);
    entries.setInt(entry, EntryRow.INODE, inode);
    return entry;
  }

  /** Returns the slot that holds the name, or the empty one where it belongs. */
  private int slot(int hash, int directory, byte[] name, int offset, int length) {
    var slot = hash & mask;
    for (long packed; (packed = slots.getLong(slot, 0)) != 0; slot = (slot + 1) & mask) {
      if ((int) (packed >>> 32) == hash && is((int) packed - 1, directory, name, offset, length)) {
        break;
      }
    }
    return slot;
  }

  private boolean is(int entry, int directory, byte[] name, int offset, int length) {
    return entries.getInt(entry, EntryRow.PARENT) == directory
        && entries.getInt(entry, EntryRow.NAME_BYTES) == length
        && text.equals(entries.getInt(entry, EntryRow.NAME), name, offset, length);
  }

  /** Returns the entry that a slot holds, or -1. */
  private int entryAt(int slot) {
    return (int) slots.getLong(slot, 0) - 1;
  }

  /** Puts an entry into the slot of its name. */
  private int fill(int slot, int hash, int entry) {
    slots.setLong(slot, 0, (long) hash << 32 | (entry + 1));
    return entry;
  }

  private int hash(int directory, byte[] name, int offset, int length) {
    var hash = (seed ^ directory) * 0x9e37_79b9_7f4a_7c15L;
    for (int i = offset; i < offset + length; i++) {
      hash = (hash ^ name[i]) * seed;
      hash ^= hash >>> 29;
    }
    return (int) (hash ^ hash >>> 32);
  }

  private void growSlots() {
    var wider = emptySlots(2 * (mask + 1));
    var old = mask + 1;
    mask = 2 * mask + 1;
    for (int from = 0; from < old; from++) {
      var packed = slots.getLong(from, 0);
      if (packed != 0) {
        var slot = (int) (packed >>> 32) & mask;
        while (wider.getLong(slot, 0) != 0) {
          slot = (slot + 1) & mask;
        }
        wider.setLong(slot, 0, packed);
      }
    }
    slots.close();
    slots = wider;
  }

  private RowTable emptySlots(int count) {
    var empty = space.scratch(Long.BYTES);
    empty.addUpTo(count);
    return empty;
  }

  /** Frees the hash table, which only look-ups need; the entries stay. */
  void freeSlots() {
    slots.close();
  }

  /** Frees what {@link #freeSlots} would have. */
  @Override
  public void close() {
    freeSlots();
  }
}
