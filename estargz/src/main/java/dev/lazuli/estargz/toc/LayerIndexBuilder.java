package dev.lazuli.estargz.toc;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Collects a TOC's entries into the tables of a {@link LayerIndex}: the tree of names as it grows,
 * with the rules that depend on the order of entries (the last of equal names wins, a hard link
 * means what its target's name has at that moment, a real file wins over a whiteout, missing
 * directories appear, symbolic links of the layer are followed). They are those by which containerd
 * unpacks a tar. {@link #build} then settles what needs the whole TOC.
 *
 * <p>For the thread that made it. To be closed in any case; the index that was built stays.
 */
public final class LayerIndexBuilder implements AutoCloseable {
  private static final byte[] WHITEOUT_PREFIX = ".wh.".getBytes(US_ASCII);
  private static final byte[] WHITEOUT_META_PREFIX = ".wh..wh.".getBytes(US_ASCII);
  private static final byte[] OPAQUE_MARKER = ".wh..wh..opq".getBytes(US_ASCII);

  private static final int NONE = -1;

  /** Chunks that follow belong to an entry that is not shown. */
  private static final int HIDDEN = -2;

  private final String layer;
  private final Limits limits;
  private final OpaqueXattr opaque;
  private final CleanPath path;
  private final ByteHeap text;
  private final IndexSpace space;
  private final RowTable inodes;
  private final InodeWriter writer;
  private final NameTable tree;
  private final DirectoryFinder directories;
  private final HardLinks hardLinks;
  private final ChunkCollector chunks;
  final Landmarks landmarks = new Landmarks();
  private int lastFile = NONE;

  /** A hard link waits for its target to come. */
  private boolean hasOpenLinks;

  private boolean isBuilt;

  /** Makes a builder for one layer, with a budget of memory for itself. */
  public LayerIndexBuilder(String layer, Limits limits, OpaqueXattr opaque) throws IOException {
    this(
        layer, limits, opaque, new IndexMemory(limits.indexBytes(), 1).share(layer, Duration.ZERO));
  }

  /**
   * Makes a builder for one layer.
   *
   * @param share pays for the index, and is closed with the builder or with what it builds
   */
  public LayerIndexBuilder(
      String layer, Limits limits, OpaqueXattr opaque, IndexMemory.Share share) {
    this.layer = layer;
    this.limits = limits;
    this.opaque = opaque;
    path = new CleanPath(layer, limits);
    space = new IndexSpace(share);
    boolean made = false;
    try {
      inodes = space.table(InodeRow.BYTES);
      text = new ByteHeap(layer, limits.textBytes(), space);
      writer = new InodeWriter(layer, limits, inodes, text);
      tree = new NameTable(layer, limits.entries(), space, text, writer.impliedDirectory());
      var symlinks = new SymlinkWalk(layer, inodes, tree, text);
      directories = new DirectoryFinder(layer, limits, tree, writer, symlinks);
      hardLinks = new HardLinks(layer, limits, inodes, tree, text, symlinks);
      chunks = new ChunkCollector(layer, limits, space, inodes);
      made = true;
    } finally {
      if (!made) {
        space.close();
      }
    }
  }

  /**
   * Reads a TOC's JSON to its end.
   *
   * @throws LayerFormatException if it breaks the format or a limit
   * @throws IOException if the input fails
   */
  public void read(InputStream json) throws IOException {
    try {
      new TocParser(layer, limits, json, this::add).parse();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /**
   * Settles what needs the whole TOC and returns the index, the caller's to close.
   *
   * @throws LayerFormatException if the TOC contradicts itself or the blob
   * @throws IOException if there is no memory for the index
   */
  public LayerIndex build(LayerFacts facts) throws IOException {
    try {
      return settle(facts);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private LayerIndex settle(LayerFacts facts) throws LayerFormatException {
    if (hasOpenLinks) {
      hardLinks.resolve();
    }
    if (writer.hasWhiteouts()) {
      Whiteouts.settle(tree, inodes);
    }
    tree.freeSlots();
    var order = space.table(OrderRow.BYTES);
    var children = space.table(Integer.BYTES);
    new TreeWalk(layer, space, inodes, tree.entries(), text).number(order, children);
    var dataSize = chunks.place(facts);
    var summary =
        new LayerIndex.Summary(
            layer,
            facts.format(),
            facts.tocDigest(),
            facts.compressedTocDigest(),
            dataSize,
            landmarks.prefetchEnd());
    isBuilt = true;
    return new LayerIndex(
        space,
        summary,
        opaque,
        inodes,
        order,
        tree.entries(),
        children,
        chunks.table(),
        chunks.placed(),
        text);
  }

  /** Adds the next entry. */
  void add(TocEntry entry) throws LayerFormatException {
    if (entry.kind == null) {
      throw bad(entry, "type", "missing", "a known entry type");
    }
    chunks.noteStream(entry);
    if (entry.kind == EntryKind.CHUNK) {
      addChunk(entry);
      return;
    }
    checkText(entry);
    path.set(entry.name);
    lastFile = HIDDEN;
    if (path.depth() == 0) {
      return; // Unpacking leaves the root as it is, whatever an entry for it says.
    }
    if (!landmarks.take(path, entry) && !isBelowWhiteout()) {
      addNamed(entry, path.depth() - 1);
    }
  }

  /** Go writes U+FFFD for bytes that are not UTF-8, so two files may have the same name now. */
  private void checkText(TocEntry entry) throws LayerFormatException {
    if (entry.name.hasReplacement() || entry.link.hasReplacement()) {
      throw bad(entry, "text", "not the name in the tar", "UTF-8");
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
    var directory = directories.find(entry, path, last);
    if (path.is(last, OPAQUE_MARKER)) {
      writer.makeOpaque(tree.inode(directory));
    } else if (path.startsWith(last, WHITEOUT_PREFIX)) {
      addWhiteout(entry, directory, last);
    } else {
      addReal(entry, directory, last);
    }
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
      tree.add(directory, path.bytes(), start, length, writer.whiteout(entry));
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
    if (old >= 0 && entry.kind == EntryKind.DIRECTORY && kind(old) == EntryKind.DIRECTORY) {
      writer.describe(tree.inode(old), entry);
      return;
    }
    var inode = entry.kind == EntryKind.HARDLINK ? linked(entry, old) : writer.add(entry);
    if (old < 0) {
      tree.add(directory, path.bytes(), start, length, inode);
    } else if (kind(old) == EntryKind.DIRECTORY) {
      var _ = tree.replace(old, directory, path.bytes(), start, length, inode);
    } else {
      tree.setInode(old, inode);
    }
    if (old >= 0) {
      directories.forget();
    }
    if (entry.kind == EntryKind.REGULAR && entry.size > 0) {
      lastFile = inode;
      chunks.addFirst(inode, entry);
    }
  }

  /** Notes that the table leaves out some of the content of the file that was just added. */
  void noteUncovered() {
    if (lastFile >= 0) {
      writer.makeUncovered(lastFile);
    }
  }

  private void addChunk(TocEntry entry) throws LayerFormatException {
    if (lastFile == NONE) {
      throw bad(entry, "chunk", "the first entry", "after the file that it belongs to");
    }
    if (lastFile != HIDDEN) {
      chunks.addNext(lastFile, entry);
    }
  }

  /** Returns the inode that a hard link means, or one that waits for its target to come. */
  private int linked(TocEntry entry, int replaced) throws LayerFormatException {
    var inode = entry.link.length() == 0 ? NONE : hardLinks.find(entry.link, replaced);
    if (inode < 0) {
      hasOpenLinks = true;
      return writer.add(entry);
    }
    if (writer.kind(inode) != EntryKind.HARDLINK) {
      writer.link(inode, entry);
    }
    return inode;
  }

  private EntryKind kind(int entry) {
    return writer.kind(tree.inode(entry));
  }

  private LayerFormatException bad(
      TocEntry entry, String field, @Nullable Object value, String limit) {
    return new LayerFormatException(
        layer, "TOC entry " + entry.name + " " + field, String.valueOf(value), limit);
  }

  /** Frees what {@link #build} did not hand over. Idempotent. */
  @Override
  public void close() {
    tree.close();
    chunks.close();
    if (!isBuilt) {
      space.close();
    }
  }
}
