package dev.lazuli.estargz.toc;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Puts the extended attributes of entries into the text heap, as containerd sets them: those of
 * several entries for one inode add up, and {@code trusted} ones are left out.
 */
final class XattrStore {
  private static final String TRUSTED = "trusted.";
  private static final String CAPABILITY = "security.capability";

  /** Most bytes of a layer's attributes that are written again because an entry adds to them. */
  private static final long MERGED_BYTES = 64L << 20;

  private final String layer;
  private final Limits limits;
  private final RowTable inodes;
  private final ByteHeap text;
  private long mergedBytes;

  XattrStore(String layer, Limits limits, RowTable inodes, ByteHeap text) {
    this.layer = layer;
    this.limits = limits;
    this.inodes = inodes;
    this.text = text;
  }

  /** Adds the attributes of an entry to those that the inode has. */
  void add(int inode, TocEntry entry) throws LayerFormatException {
    if (entry.xattrCount > 0) {
      if (inodes.getInt(inode, InodeRow.XATTRS) == 0 && !hasTrusted(entry)) {
        store(inode, entry.xattrs, entry.xattrCount);
      } else {
        merge(inode, entry, "");
      }
    }
  }

  /** Does the same, and takes a capability away that the entry does not have. */
  void replaceCapability(int inode, TocEntry entry) throws LayerFormatException {
    if (entry.xattrCount > 0 || inodes.getInt(inode, InodeRow.XATTRS) > 0) {
      merge(inode, entry, CAPABILITY);
    }
  }

  private static boolean hasTrusted(TocEntry entry) {
    var found = new boolean[1];
    Xattrs.forEach(
        entry.xattrs, entry.xattrCount, (name, _) -> found[0] |= text(name).startsWith(TRUSTED));
    return found[0];
  }

  private void merge(int inode, TocEntry entry, String removed) throws LayerFormatException {
    Map<String, byte[]> all = new LinkedHashMap<>();
    var old = inodes.getInt(inode, InodeRow.XATTRS) - 1;
    if (old >= 0) {
      Xattrs.forEach(text, old, (name, value) -> all.put(text(name), value.toArray(JAVA_BYTE)));
    }
    all.remove(removed);
    Xattrs.forEach(
        entry.xattrs,
        entry.xattrCount,
        (name, value) -> all.put(text(name), value.toArray(JAVA_BYTE)));
    all.keySet().removeIf(name -> name.startsWith(TRUSTED));
    storeAnew(inode, entry, all);
  }

  private void storeAnew(int inode, TocEntry entry, Map<String, byte[]> all)
      throws LayerFormatException {
    var merged = new Utf8Buffer();
    all.forEach((name, value) -> Xattrs.append(merged, name.getBytes(ISO_8859_1), value));
    mergedBytes += merged.length();
    if (merged.length() > limits.xattrBytes() || mergedBytes > MERGED_BYTES) {
      throw new LayerFormatException(
          layer,
          "TOC entry " + entry.name + " xattr bytes",
          merged.length(),
          "at most " + limits.xattrBytes() + ", and " + MERGED_BYTES + " of repeated entries");
    }
    if (all.isEmpty()) {
      inodes.setInt(inode, InodeRow.XATTRS, 0);
    } else if (!isStored(inode, merged, all.size())) {
      store(inode, merged, all.size());
    }
  }

  /** Returns whether the inode has just these: hard links mostly repeat what their file has. */
  private boolean isStored(int inode, Utf8Buffer xattrs, int count) {
    var old = inodes.getInt(inode, InodeRow.XATTRS) - 1;
    return old >= 0
        && text.shortAt(old) == count
        && Xattrs.bytes(text, old) == xattrs.length()
        && text.equals(old + Short.BYTES, xattrs.bytes(), 0, xattrs.length());
  }

  private void store(int inode, Utf8Buffer xattrs, int count) throws LayerFormatException {
    inodes.setInt(inode, InodeRow.XATTRS, Xattrs.store(text, xattrs, count) + 1);
  }

  private static String text(MemorySegment name) {
    return new String(name.toArray(JAVA_BYTE), ISO_8859_1);
  }
}
