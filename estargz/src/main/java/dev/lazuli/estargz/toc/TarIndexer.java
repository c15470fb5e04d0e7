package dev.lazuli.estargz.toc;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.tar.EntryType;
import dev.lazuli.estargz.tar.TarEntry;
import dev.lazuli.estargz.tar.TarFormatException;
import dev.lazuli.estargz.tar.TarInput;
import dev.lazuli.estargz.tar.TarReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * Makes the index of what a tar unpacks to, by the rules by which a TOC becomes one. Two need it:
 * who holds what a layer shows against what it is, and who has no TOC. Every file has one chunk,
 * whose blob offset is the place of the file's content in the tar.
 *
 * <p>For the thread that made it. To be closed in any case; the index that was built stays.
 */
public final class TarIndexer implements AutoCloseable {
  private static final long UNSIGNED_INT = 0xffff_ffffL;

  private final String layer;
  private final Limits limits;
  private final LayerIndexBuilder builder;
  private final TocEntry row = new TocEntry();
  private final Utf8Buffer xattrName = new Utf8Buffer();
  private final @Nullable FileContents contents;
  private int entries;

  /** Takes the contents of a tar's files, each between two calls, while the tar is read. */
  public interface FileContents {
    /**
     * Says that the next bytes of the tar are a file's content.
     *
     * @param size of the content, above 0
     * @return the file's place in the data file, a multiple of 4096 behind those before it
     * @throws IOException if there is no place for it
     */
    long begin(long size) throws IOException;

    /** Says that the content has been read. */
    void end() throws IOException;
  }

  /**
   * Makes an indexer that passes over the contents.
   *
   * @param share pays for the index, and is closed with the indexer or with what it builds
   */
  public TarIndexer(String layer, Limits limits, IndexMemory.Share share) {
    this(layer, limits, share, null);
  }

  /**
   * Makes an indexer for a layer that has no TOC: files get their places as they come, and what
   * hides in a lazy layer is shown.
   *
   * @param share pays for the index, and is closed with the indexer or with what it builds
   * @param contents is told which bytes of the tar are content
   */
  public static TarIndexer placing(
      String layer, Limits limits, IndexMemory.Share share, FileContents contents) {
    var indexer = new TarIndexer(layer, limits, share, contents);
    indexer.builder.landmarks.showAll();
    return indexer;
  }

  private TarIndexer(
      String layer, Limits limits, IndexMemory.Share share, @Nullable FileContents contents) {
    this.layer = layer;
    this.limits = limits;
    this.contents = contents;
    builder = new LayerIndexBuilder(layer, limits, OpaqueXattr.TRUSTED, share);
  }

  /**
   * Reads a tar to its end-of-archive blocks, behind which nothing is unpacked.
   *
   * @throws TarFormatException if it is not a tar, or holds what no lazy layer can
   * @throws LayerFormatException if it cannot be unpacked, or breaks a limit
   * @throws EOFException if it ends within an entry
   * @throws IOException if the input fails, or there is no memory for the index
   */
  public void read(TarInput tar) throws IOException {
    var reader = TarReader.withoutBlocks(tar);
    try {
      for (TarEntry entry; (entry = reader.next()) != null; ) {
        add(entry, reader, tar);
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /**
   * Adds an entry of a tar that is not at hand.
   *
   * @param contentOffset where its content lies in the tar, above 0 if it has any
   * @throws LayerFormatException if it cannot be unpacked, breaks a limit, or is meant for the
   *     readers of another format, which would hide it
   * @throws IOException if there is no memory for the index
   */
  public void add(TarEntry entry, long contentOffset) throws IOException {
    count(entry);
    describe(entry);
    row.blobOffset = contentOffset;
    try {
      builder.add(row);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    if (builder.landmarks.hasTaken()) {
      throw new LayerFormatException(layer, "tar entry", entry.name(), "no other format's");
    }
  }

  /**
   * Settles what needs the whole tar and returns the index, the caller's to close.
   *
   * @throws LayerFormatException if the tar cannot be unpacked
   * @throws IOException if there is no memory for the index
   */
  public LayerIndex build() throws IOException {
    var none = Digest.ofSha256(new byte[Digest.SHA256_BYTES]);
    return builder.build(
        new LayerFacts(LayerFormat.ESTARGZ, none, none, Long.MAX_VALUE, false, contents != null));
  }

  private void add(TarEntry entry, TarReader reader, TarInput tar) throws IOException {
    count(entry);
    describe(entry);
    if (contents == null) {
      pass(reader, tar);
    } else {
      place(reader, contents);
    }
  }

  private void count(TarEntry entry) throws LayerFormatException {
    if (++entries > limits.entries()) {
      throw bad(entry, "number", entries, "at most " + limits.entries());
    }
  }

  private void pass(TarReader reader, TarInput tar) throws IOException {
    row.blobOffset = reader.offset();
    long before = tar.strayReads();
    reader.skipContentAlone();
    long after = tar.strayReads();
    var _ = reader.readPadding();
    builder.add(row);
    if (after > before) {
      builder.noteUncovered();
    }
  }

  private void place(TarReader reader, FileContents into) throws IOException {
    if (row.size > 0) {
      row.blobOffset = ChunkCollector.PLACE_BIAS + into.begin(row.size);
      reader.skipContentAlone();
      into.end();
    }
    var _ = reader.readPadding();
    builder.add(row);
  }

  private void describe(TarEntry entry) throws LayerFormatException {
    row.clear();
    row.kind = kind(entry.type());
    append(row.name, entry.name());
    append(row.link, entry.linkName());
    row.size = number(entry, "size", entry.size(), limits.dataBytes());
    row.chunkSize = row.size;
    row.mode = entry.mode();
    row.uid = (int) number(entry, "uid", entry.uid(), UNSIGNED_INT);
    row.gid = (int) number(entry, "gid", entry.gid(), UNSIGNED_INT);
    row.mtimeSeconds = entry.mtimeSeconds();
    row.mtimeNanos = entry.mtimeNanos();
    row.deviceMajor = (int) number(entry, "major", entry.deviceMajor(), TocParser.MAX_MAJOR);
    row.deviceMinor = (int) number(entry, "minor", entry.deviceMinor(), TocParser.MAX_MINOR);
    for (var xattr : entry.xattrs().entrySet()) {
      add(entry, xattr.getKey(), xattr.getValue().getBytes(ISO_8859_1));
    }
  }

  private static EntryKind kind(EntryType type) {
    return switch (type) {
      case REGULAR -> EntryKind.REGULAR;
      case HARDLINK -> EntryKind.HARDLINK;
      case SYMLINK -> EntryKind.SYMLINK;
      case CHAR -> EntryKind.CHAR;
      case BLOCK -> EntryKind.BLOCK;
      case DIRECTORY -> EntryKind.DIRECTORY;
      case FIFO -> EntryKind.FIFO;
    };
  }

  private void add(TarEntry entry, String name, byte[] value) throws LayerFormatException {
    xattrName.clear();
    append(xattrName, name);
    if (OpaqueXattr.owns(xattrName.bytes(), 0, xattrName.length())) {
      return;
    }
    Xattrs.append(row.xattrs, xattrName, value);
    row.xattrCount++;
    number(entry, "xattr bytes", row.xattrs.length(), limits.xattrBytes());
  }

  private static void append(Utf8Buffer text, String value) {
    var bytes = value.getBytes(UTF_8);
    text.append(bytes, 0, bytes.length);
  }

  private long number(TarEntry entry, String field, long value, long most)
      throws LayerFormatException {
    if (value > most) {
      throw bad(entry, field, value, "at most " + most);
    }
    return value;
  }

  private LayerFormatException bad(TarEntry entry, String field, long value, String limit) {
    return new LayerFormatException(layer, "tar entry " + entry.name() + " " + field, value, limit);
  }

  /** Frees what {@link #build} did not hand over. Idempotent. */
  @Override
  public void close() {
    builder.close();
  }
}
