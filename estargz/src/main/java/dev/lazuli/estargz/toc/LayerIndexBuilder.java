package dev.lazuli.estargz.toc;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/**
 * Collects a TOC's entries into the tables of a {@link LayerIndex}: the tree of names as it grows,
 * with the rules that depend on the order of entries (the last of equal names wins, a real file
 * wins over a whiteout, missing directories appear). {@link #build} then settles what needs the
 * whole TOC.
 *
 * <p>For the thread that made it. To be closed in any case; the index that was built stays.
 */
public final class LayerIndexBuilder implements AutoCloseable {
  private static final byte[] WHITEOUT_PREFIX = ".wh.".getBytes(US_ASCII);
  private static final byte[] WHITEOUT_META_PREFIX = ".wh..wh.".getBytes(US_ASCII);
  private static final byte[] OPAQUE_MARKER = ".wh..wh..opq".getBytes(US_ASCII);
  private static final byte[] PREFETCH_LANDMARK = ".prefetch.landmark".getBytes(US_ASCII);
  private static final byte[] NO_PREFETCH_LANDMARK = ".no.prefetch.landmark".getBytes(US_ASCII);
  private static final byte[] TOC_ENTRY = "stargz.index.json".getBytes(US_ASCII);
  private static final int NONE = -1;

  /** Chunks that follow belong to an entry that is not shown. */
  private static final int HIDDEN = -2;

  private final String layer;
  private final Limits limits;
  private final OpaqueXattr opaque;
  private final CleanPath path;
  private final ByteHeap text;
  private final Rows inodes = new Rows(InodeRow.BYTES);
  private final DirectoryTree tree;
  private final ChunkCollector chunks;
  private int lastFile = NONE;
  private long prefetchLandmark = -1;
  private boolean noPrefetch;

  /** Makes a builder for one layer. */
  public LayerIndexBuilder(String layer, Limits limits, OpaqueXattr opaque) {
    this.layer = layer;
    this.limits = limits;
    this.opaque = opaque;
    path = new CleanPath(layer, limits);
    text = new ByteHeap(layer);
    tree = new DirectoryTree(layer, limits.entries(), text, impliedDirectory());
    chunks = new ChunkCollector(layer, limits, inodes);
  }

  /**
   * Reads a TOC's JSON to its end.
   *
   * @throws LayerFormatException if it breaks the format or a limit
   * @throws IOException if the input fails
   */
  public void read(InputStream json) throws IOException {
    new TocParser(layer, limits, opaque, this::add).parse(json);
  }

  /** What {@link #build} needs to know besides the entries. */
  public record Facts(
      LayerFormat format,
      Sha256 tocDigest,
      Sha256 compressedTocDigest,
      long payloadEnd,
      boolean digestsRequired) {}

  /**
   * Settles what needs the whole TOC and returns the index, the caller's to close.
   *
   * @throws LayerFormatException if the TOC contradicts itself or the blob
   */
  public LayerIndex build(Facts facts) throws LayerFormatException {
    new HardLinks(layer, inodes, tree, text, path).resolve();
    tree.freeSlots();
    try (var order = new Rows(Integer.BYTES);
        var children = new Rows(Integer.BYTES)) {
      new TreeWalk(layer, inodes, tree.entries(), text).number(order, children);
      var dataSize = chunks.place(order, facts);
      var prefetchEnd = noPrefetch ? 0 : prefetchLandmark;
      var summary =
          new LayerIndex.Summary(
              layer,
              facts.format(),
              facts.tocDigest(),
              facts.compressedTocDigest(),
              dataSize,
              prefetchEnd);
      var memory = Arena.ofShared();
      for (var rows : new Rows[] {inodes, order, tree.entries(), children, chunks.table()}) {
        rows.seal(memory);
      }
      text.seal(memory);
      return new LayerIndex(
          memory, summary, opaque, inodes, order, tree.entries(), children, chunks.table(), text);
    }
  }

  private void add(TocEntry entry) throws LayerFormatException {
    if (entry.kind == null) {
      throw bad(entry, "type", "missing", "a known entry type");
    }
    chunks.noteStream(entry);
    if (entry.kind == Kind.CHUNK) {
      addChunk(entry);
      return;
    }
    path.set(entry.name);
    lastFile = HIDDEN;
    if (path.depth() == 0) {
      addRoot(entry);
    } else if (path.depth() == 1 && isHiddenAtRoot(entry)) {
      noteLandmark(entry);
    } else if (!isBelowWhiteout()) {
      addNamed(entry, path.depth() - 1);
    }
  }

  private void addRoot(TocEntry entry) throws LayerFormatException {
    if (entry.kind != Kind.DIRECTORY) {
      throw bad(entry, "type of the root", entry.kind, "dir");
    }
    setAttributes(tree.inode(DirectoryTree.ROOT), entry);
  }

  private boolean isHiddenAtRoot(TocEntry entry) {
    var landmark = path.is(0, PREFETCH_LANDMARK) || path.is(0, NO_PREFETCH_LANDMARK);
    return path.is(0, TOC_ENTRY) || (landmark && entry.kind == Kind.REGULAR);
  }

  private void noteLandmark(TocEntry entry) {
    if (path.is(0, PREFETCH_LANDMARK)) {
      prefetchLandmark = entry.blobOffset;
    } else if (path.is(0, NO_PREFETCH_LANDMARK)) {
      noPrefetch = true;
    }
  }

  private boolean isBelowWhiteout() {
    for (int i = 0; i < path.depth() - 1; i++) {
      if (path.startsWith(i, WHITEOUT_PREFIX)) {
        return true;
      }
    }
    return false;
  }

  private void addNamed(TocEntry entry, int last) throws LayerFormatException {
    var directory = directory(entry, last);
    if (path.is(last, OPAQUE_MARKER)) {
      var inode = tree.inode(directory);
      inodes.setInt(inode, InodeRow.FLAGS, inodes.getInt(inode, InodeRow.FLAGS) | InodeRow.OPAQUE);
    } else if (path.startsWith(last, WHITEOUT_PREFIX)) {
      addWhiteout(entry, directory, last);
    } else {
      addReal(entry, directory, last);
    }
  }

  /** Finds or makes the directory of the path's last component. */
  private int directory(TocEntry entry, int last) throws LayerFormatException {
    var directory = DirectoryTree.ROOT;
    for (int i = 0; i < last; i++) {
      var start = path.start(i);
      var length = path.length(i);
      var next = tree.find(directory, path.bytes(), start, length);
      if (next < 0) {
        next = tree.add(directory, path.bytes(), start, length, impliedDirectory());
      } else if (isWhiteout(tree.inode(next))) {
        tree.setInode(next, impliedDirectory());
      } else if (kind(tree.inode(next)) != Kind.DIRECTORY) {
        throw bad(entry, "parent directory", kind(tree.inode(next)), "dir");
      }
      directory = next;
    }
    return directory;
  }

  private void addWhiteout(TocEntry entry, int directory, int last) throws LayerFormatException {
    var start = path.start(last) + WHITEOUT_PREFIX.length;
    var length = path.length(last) - WHITEOUT_PREFIX.length;
    // AUFS keeps notes of its own behind a doubled prefix; they never meant a file.
    if (path.startsWith(last, WHITEOUT_META_PREFIX) || length == 0) {
      return;
    }
    if (isDots(start, length)) {
      throw bad(entry, "whiteout", entry.name, "a name other than . and ..");
    }
    if (tree.find(directory, path.bytes(), start, length) < 0) {
      var inode = inodes.add();
      inodes.setInt(inode, InodeRow.MODE, Kind.CHAR.typeBits());
      inodes.setInt(inode, InodeRow.FLAGS, Kind.CHAR.code() | InodeRow.WHITEOUT);
      inodes.setLong(inode, InodeRow.MTIME_SECONDS, entry.mtimeSeconds);
      inodes.setInt(inode, InodeRow.MTIME_NANOS, entry.mtimeNanos);
      tree.add(directory, path.bytes(), start, length, inode);
    }
  }

  private boolean isDots(int start, int length) {
    var name = path.bytes();
    return name[start] == '.' && (length == 1 || (length == 2 && name[start + 1] == '.'));
  }

  private void addReal(TocEntry entry, int directory, int last) throws LayerFormatException {
    var start = path.start(last);
    var length = path.length(last);
    var old = tree.find(directory, path.bytes(), start, length);
    if (old >= 0 && entry.kind == Kind.DIRECTORY && kind(tree.inode(old)) == Kind.DIRECTORY) {
      setAttributes(tree.inode(old), entry);
      return;
    }
    var inode = inodes.add();
    setAttributes(inode, entry);
    if (old < 0) {
      tree.add(directory, path.bytes(), start, length, inode);
    } else if (kind(tree.inode(old)) == Kind.DIRECTORY) {
      tree.replace(old, directory, path.bytes(), start, length, inode);
    } else {
      tree.setInode(old, inode);
    }
    if (entry.kind == Kind.REGULAR && entry.size > 0) {
      lastFile = inode;
      chunks.addFirst(inode, entry);
    }
  }

  private void addChunk(TocEntry entry) throws LayerFormatException {
    if (lastFile == NONE) {
      throw bad(entry, "chunk", "the first entry", "behind the file that it belongs to");
    }
    if (lastFile != HIDDEN) {
      chunks.addNext(lastFile, entry);
    }
  }

  private void setAttributes(int inode, TocEntry entry) throws LayerFormatException {
    var kind = kindOf(entry);
    var kept = inodes.getInt(inode, InodeRow.FLAGS) & InodeRow.OPAQUE;
    inodes.setInt(inode, InodeRow.FLAGS, kind.code() | kept);
    inodes.setInt(inode, InodeRow.MODE, kind.typeBits() | entry.mode);
    inodes.setInt(inode, InodeRow.UID, entry.uid);
    inodes.setInt(inode, InodeRow.GID, entry.gid);
    inodes.setLong(inode, InodeRow.MTIME_SECONDS, entry.mtimeSeconds);
    inodes.setInt(inode, InodeRow.MTIME_NANOS, entry.mtimeNanos);
    if (entry.xattrCount > 0) {
      var at = Xattrs.store(text, entry.xattrs, entry.xattrCount);
      inodes.setInt(inode, InodeRow.XATTRS, at + 1);
    }
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

  private int impliedDirectory() {
    var inode = inodes.add();
    inodes.setInt(inode, InodeRow.MODE, Kind.DIRECTORY.typeBits() | 0755);
    inodes.setInt(inode, InodeRow.FLAGS, Kind.DIRECTORY.code());
    return inode;
  }

  private Kind kind(int inode) {
    return Kind.ofCode(inodes.getInt(inode, InodeRow.FLAGS) & InodeRow.KIND_MASK);
  }

  private boolean isWhiteout(int inode) {
    return (inodes.getInt(inode, InodeRow.FLAGS) & InodeRow.WHITEOUT) != 0;
  }

  private static Kind kindOf(TocEntry entry) {
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

  /** Frees what {@link #build} did not hand over. Idempotent. */
  @Override
  public void close() {
    inodes.close();
    tree.close();
    chunks.close();
    text.close();
  }
}
