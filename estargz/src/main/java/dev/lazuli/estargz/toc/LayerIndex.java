package dev.lazuli.estargz.toc;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.estargz.read.ChunkTableView;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Objects;

/**
 * What a layer holds, settled once: its inodes, its directories, and its chunk table, all off the
 * heap. Inodes are numbered from 0, the root, directory by directory; names that are hard links of
 * each other share an inode. Whiteouts are character devices 0/0, opaque directories and those that
 * hold whiteouts carry overlayfs's attributes, landmarks and the TOC's own entry are hidden.
 *
 * <p>Immutable and safe for any thread until {@link #close}, after which every call fails with
 * {@link IllegalStateException}. Memory segments that it hands out live as long as it does.
 */
public final class LayerIndex implements ChunkTableView, AutoCloseable {

  private final IndexSpace memory;
  private final Summary summary;
  private final OpaqueXattr opaque;
  private final RowTable inodes;
  private final RowTable order;
  private final RowTable entries;
  private final RowTable children;
  private final RowTable chunks;

  /** Rows of {@link #chunks}, by the numbers of the chunks. */
  private final RowTable placed;

  private final ByteHeap text;

  /** The facts about a layer that are not a table. */
  record Summary(
      String layer,
      LayerFormat format,
      Digest tocDigest,
      Digest compressedTocDigest,
      long dataSize,
      long prefetchEnd) {}

  /** Takes tables that lie in {@code memory}, which is freed with the index. */
  LayerIndex(
      IndexSpace memory,
      Summary summary,
      OpaqueXattr opaque,
      RowTable inodes,
      RowTable order,
      RowTable entries,
      RowTable children,
      RowTable chunks,
      RowTable placed,
      ByteHeap text) {
    this.memory = memory;
    this.summary = summary;
    this.opaque = opaque;
    this.inodes = inodes;
    this.order = order;
    this.entries = entries;
    this.children = children;
    this.chunks = chunks;
    this.placed = placed;
    this.text = text;
  }

  /** Receives the names of a directory. */
  @FunctionalInterface
  public interface ChildVisitor {
    /** Takes one name and the inode that it names. */
    void child(MemorySegment name, int inode);
  }

  /** Receives the extended attributes of an inode. */
  @FunctionalInterface
  public interface XattrVisitor {
    /** Takes one attribute, its name with the prefix ({@code user.}, {@code security.}, …). */
    void xattr(MemorySegment name, MemorySegment value);
  }

  @Override
  public String layer() {
    return summary.layer();
  }

  /** Returns the layer's format. */
  public LayerFormat format() {
    return summary.format();
  }

  /** Returns the SHA-256 of the TOC's uncompressed JSON, as computed while it was read. */
  public byte[] tocDigest() {
    return summary.tocDigest().bytes();
  }

  /** Returns the SHA-256 of the TOC as it lies compressed in the blob. */
  public byte[] compressedTocDigest() {
    return summary.compressedTocDigest().bytes();
  }

  /** Returns the size of the data file in bytes, a multiple of 4096. */
  public long dataSize() {
    return summary.dataSize();
  }

  /**
   * Returns the blob offset up to which the layer's maker wants it prefetched: 0 for none (the
   * layer says so by a landmark), -1 if the layer does not say.
   */
  public long prefetchEnd() {
    return summary.prefetchEnd();
  }

  /** Returns the number of inodes, at least 1. */
  public int inodeCount() {
    return order.count();
  }

  /** Returns the full {@code st_mode}: type and permission bits. */
  public int mode(int inode) {
    return order.getInt(Objects.checkIndex(inode, order.count()), OrderRow.MODE);
  }

  /**
   * Returns whether a directory has no entry of its own, so that the layer does not say what its
   * attributes are; they are then those of a directory of root's with mode 0755. Where the layer
   * had made its parent setgid by then, it has the parent's group.
   */
  public boolean isImplied(int inode) {
    return (inodes.getInt(row(inode), InodeRow.FLAGS) & InodeRow.IMPLIED) != 0;
  }

  /**
   * Returns whether a directory's entry came after something in it. Unpacking makes such a
   * directory with the attributes that the layers below show; the entry sets mode, owner and time,
   * but takes no extended attribute away.
   */
  public boolean isImpliedFirst(int inode) {
    return (inodes.getInt(row(inode), InodeRow.FLAGS) & InodeRow.IMPLIED_FIRST) != 0;
  }

  /**
   * Returns whether a file of an index made by {@link TarIndexer} has content, other than zeros,
   * that no chunk of its layer's table has.
   */
  public boolean isUncovered(int inode) {
    return (inodes.getInt(row(inode), InodeRow.FLAGS) & InodeRow.UNCOVERED) != 0;
  }

  /** Returns the owner, an unsigned 32-bit number. */
  public int uid(int inode) {
    return inodes.getInt(row(inode), InodeRow.UID);
  }

  /** Returns the group, an unsigned 32-bit number. */
  public int gid(int inode) {
    return inodes.getInt(row(inode), InodeRow.GID);
  }

  /** Returns the modification time in seconds since 1970. */
  public long mtimeSeconds(int inode) {
    return inodes.getLong(row(inode), InodeRow.MTIME_SECONDS);
  }

  /** Returns the nanoseconds of the modification time, 0 to 999,999,999. */
  public int mtimeNanos(int inode) {
    return inodes.getInt(row(inode), InodeRow.MTIME_NANOS);
  }

  /** Returns the file size in bytes; of a symbolic link the length of its target; otherwise 0. */
  public long size(int inode) {
    return inodes.getLong(row(inode), InodeRow.SIZE);
  }

  /** Returns the number of names; of a directory 2 + its subdirectories. */
  public int linkCount(int inode) {
    return inodes.getInt(row(inode), InodeRow.LINK_COUNT);
  }

  /** Returns the major number of a device, 0 of anything else. */
  public int deviceMajor(int inode) {
    return isDevice(inode) ? (int) inodes.getLong(row(inode), InodeRow.PLACE) : 0;
  }

  /** Returns the minor number of a device, 0 of anything else. */
  public int deviceMinor(int inode) {
    return isDevice(inode) ? (int) (inodes.getLong(row(inode), InodeRow.PLACE) >>> 32) : 0;
  }

  /**
   * Returns the place of a regular file's bytes in the data file, a multiple of 4096; -1 if the
   * inode is not a regular file or is empty.
   */
  public long dataOffset(int inode) {
    return type(inode) == FileType.REGULAR ? inodes.getLong(row(inode), InodeRow.PLACE) : -1;
  }

  /** Returns the target of a symbolic link, empty for anything else. */
  public MemorySegment linkTarget(int inode) {
    if (type(inode) != FileType.SYMLINK) {
      return text.slice(0, 0);
    }
    return text.slice((int) inodes.getLong(row(inode), InodeRow.PLACE), (int) size(inode));
  }

  /** Visits the extended attributes of an inode, in the order of the TOC. */
  public void forEachXattr(int inode, XattrVisitor visitor) {
    var row = row(inode);
    var at = inodes.getInt(row, InodeRow.XATTRS) - 1;
    if (at >= 0) {
      Xattrs.forEach(text, at, visitor);
    }
    var flags = inodes.getInt(row, InodeRow.FLAGS);
    if ((flags & InodeRow.OPAQUE) != 0) {
      visitor.xattr(
          MemorySegment.ofArray(opaque.attribute()), MemorySegment.ofArray(new byte[] {'y'}));
    }
    if ((flags & InodeRow.HOLDS_WHITEOUTS) != 0) {
      visitor.xattr(
          MemorySegment.ofArray(opaque.originAttribute()), MemorySegment.ofArray(new byte[0]));
    }
  }

  /**
   * Visits the names of a directory in ascending order of their bytes, without {@code .} and {@code
   * ..}; nothing for other inodes.
   */
  public void forEachChild(int directory, ChildVisitor visitor) {
    if (type(directory) != FileType.DIRECTORY) {
      return;
    }
    var place = inodes.getLong(row(directory), InodeRow.PLACE);
    var first = (int) place;
    var end = first + (int) (place >>> 32);
    for (int i = first; i < end; i++) {
      var entry = children.getInt(i, 0);
      visitor.child(name(entry), entries.getInt(entry, EntryRow.INODE));
    }
  }

  /** Returns how many names a directory has; 0 for other inodes. */
  public int childCount(int directory) {
    return type(directory) == FileType.DIRECTORY
        ? (int) (inodes.getLong(row(directory), InodeRow.PLACE) >>> 32)
        : 0;
  }

  /** Returns a name of a directory, 0 being the least. */
  public MemorySegment childName(int directory, int place) {
    return name(childEntry(directory, place));
  }

  /** Returns the inode of a name of a directory, 0 being the least. */
  public int child(int directory, int place) {
    return entries.getInt(childEntry(directory, place), EntryRow.INODE);
  }

  private int childEntry(int directory, int place) {
    var index = Objects.checkIndex(place, childCount(directory));
    return children.getInt((int) inodes.getLong(row(directory), InodeRow.PLACE) + index, 0);
  }

  /** Returns the directory that holds the first name of an inode; the root is its own parent. */
  public int parent(int inode) {
    var up = entries.getInt(inodes.getInt(row(inode), InodeRow.ENTRY), EntryRow.PARENT);
    return up < 0 ? 0 : entries.getInt(up, EntryRow.INODE);
  }

  /** Returns the first path of an inode, such as {@code usr/bin/ls}; empty for the root. */
  public String path(int inode) {
    var names = new ArrayDeque<String>();
    var entry = inodes.getInt(row(inode), InodeRow.ENTRY);
    for (int up; (up = entries.getInt(entry, EntryRow.PARENT)) >= 0; entry = up) {
      names.addFirst(StandardCharsets.UTF_8.decode(name(entry).asByteBuffer()).toString());
    }
    return String.join("/", names);
  }

  @Override
  public int chunkCount() {
    return placed.count();
  }

  @Override
  public long chunkDataOffset(int chunk) {
    return chunks.getLong(chunkRow(chunk), ChunkRow.DATA_OFFSET);
  }

  @Override
  public long chunkSize(int chunk) {
    return chunks.getLong(chunkRow(chunk), ChunkRow.SIZE);
  }

  @Override
  public long chunkBlobOffset(int chunk) {
    return chunks.getLong(chunkRow(chunk), ChunkRow.BLOB_OFFSET);
  }

  @Override
  public long chunkBlobEnd(int chunk) {
    return chunks.getLong(chunkRow(chunk), ChunkRow.BLOB_END);
  }

  @Override
  public long chunkInnerOffset(int chunk) {
    return chunks.getLong(chunkRow(chunk), ChunkRow.INNER_OFFSET);
  }

  @Override
  public void chunkDigest(int chunk, byte[] into) {
    Objects.checkFromIndexSize(0, 32, into.length);
    chunks.getBytes(chunkRow(chunk), ChunkRow.DIGEST, into);
  }

  /** Frees the memory. Idempotent; no other call may be under way. */
  @Override
  public void close() {
    memory.close();
  }

  private MemorySegment name(int entry) {
    return text.slice(
        entries.getInt(entry, EntryRow.NAME), entries.getInt(entry, EntryRow.NAME_BYTES));
  }

  private int row(int inode) {
    return order.getInt(Objects.checkIndex(inode, order.count()), 0);
  }

  private int chunkRow(int chunk) {
    return placed.getInt(Objects.checkIndex(chunk, placed.count()), 0);
  }

  private int type(int inode) {
    return FileType.of(mode(inode));
  }

  private boolean isDevice(int inode) {
    var type = type(inode);
    return type == 0x2000 || type == 0x6000;
  }
}
