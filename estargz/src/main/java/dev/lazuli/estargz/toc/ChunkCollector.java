package dev.lazuli.estargz.toc;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;

/**
 * Collects the chunks of regular files and, once all are known, gives every file its place in the
 * data file and every chunk its extent in the blob.
 *
 * <p>The chunks of one file lie in adjacent rows. A compressed stream ends where the next one
 * starts, so the starts of all streams are kept too, also of those that hold hidden files.
 */
final class ChunkCollector implements AutoCloseable {
  /** Keeps blob offsets above 0, which a file with content must have. */
  static final long PLACE_BIAS = 4096;

  private static final int BLOCK = 4096;

  private final String layer;
  private final Limits limits;
  private final RowTable inodes;
  private final IndexSpace space;
  private final RowTable streams;
  private final RowTable chunks;
  private final RowTable placed;

  /** The row whose digest is that of its whole file, so no longer right if more chunks follow. */
  private int wholeFileRow = -1;

  ChunkCollector(String layer, Limits limits, IndexSpace space, RowTable inodes) {
    this.layer = layer;
    this.limits = limits;
    this.inodes = inodes;
    this.space = space;
    streams = space.scratch(Long.BYTES);
    chunks = space.table(ChunkRow.BYTES);
    placed = space.table(Integer.BYTES);
  }

  /** Returns the chunks, in the order of the TOC. */
  RowTable table() {
    return chunks;
  }

  /**
   * Returns the rows of {@link #table} that have bytes in the blob, in the order of their places.
   */
  RowTable placed() {
    return placed;
  }

  /** Notes that a compressed stream starts at the entry's offset. */
  void noteStream(TocEntry entry) {
    if (entry.blobOffset > 0) {
      var last = streams.count() - 1;
      if (last < 0 || streams.getLong(last, 0) != entry.blobOffset) {
        streams.setLong(streams.add(), 0, entry.blobOffset);
      }
    }
  }

  /** Adds a regular file's own entry, which is its first chunk. */
  void addFirst(int inode, TocEntry entry) throws LayerFormatException {
    wholeFileRow = -1;
    var row = add(entry);
    inodes.setLong(inode, InodeRow.PLACE, row | 1L << 32);
    if (!entry.hasChunkDigest && entry.hasDigest && coversFile(entry)) {
      chunks.setBytes(row, ChunkRow.DIGEST, entry.digest);
      wholeFileRow = row;
    }
  }

  private static boolean coversFile(TocEntry entry) {
    return entry.chunkSize == 0 || entry.chunkSize == entry.size;
  }

  /** Adds a further chunk of the file last added. */
  void addNext(int inode, TocEntry entry) throws LayerFormatException {
    if (wholeFileRow >= 0) {
      chunks.setBytes(wholeFileRow, ChunkRow.DIGEST, new byte[Digest.SHA256_BYTES]);
      wholeFileRow = -1;
    }
    add(entry);
    inodes.setLong(inode, InodeRow.PLACE, inodes.getLong(inode, InodeRow.PLACE) + (1L << 32));
  }

  private int add(TocEntry entry) throws LayerFormatException {
    if (!entry.zeros && entry.blobOffset == 0) {
      throw new LayerFormatException(
          layer, "TOC entry " + entry.name + " offset", 0, "above 0 for a file with content");
    }
    var row = chunks.add();
    chunks.setLong(row, ChunkRow.DATA_OFFSET, entry.chunkOffset);
    chunks.setLong(row, ChunkRow.SIZE, entry.chunkSize);
    chunks.setLong(row, ChunkRow.BLOB_OFFSET, entry.zeros ? 0 : entry.blobOffset);
    chunks.setLong(row, ChunkRow.INNER_OFFSET, entry.innerOffset);
    if (entry.hasChunkDigest) {
      chunks.setBytes(row, ChunkRow.DIGEST, entry.chunkDigest);
    }
    return row;
  }

  /**
   * Places the files of the inodes that have a number in the data file, in blob order, unless they
   * have their places. Returns the size of the data file.
   */
  long place(LayerFacts facts) throws LayerFormatException {
    try (var files = filesInBlobOrder();
        var extents = new BlobExtents(layer, space, streams, facts)) {
      var next = 0L;
      for (int i = 0; i < files.count(); i++) {
        var inode = files.getInt(i, 0);
        settleSizes(inode);
        var place = facts.areFilesPlaced() ? blobOffset(first(inode)) - PLACE_BIAS : next;
        placeChunks(inode, place, extents);
        var size = inodes.getLong(inode, InodeRow.SIZE);
        inodes.setLong(inode, InodeRow.PLACE, place);
        next = roundUp(place + size);
        if (next > limits.dataBytes()) {
          throw new LayerFormatException(
              layer, "bytes of all files", next, "at most " + limits.dataBytes());
        }
      }
      return next;
    } finally {
      streams.close();
    }
  }

  private static long roundUp(long bytes) {
    return (bytes + BLOCK - 1) & -BLOCK;
  }

  /**
   * Tables of contents mostly list files as the blob has them, and then nothing is left to sort.
   */
  private RowTable filesInBlobOrder() {
    var files = space.scratch(Integer.BYTES);
    for (int inode = 0; inode < inodes.count(); inode++) {
      var kind = EntryKind.ofCode(inodes.getInt(inode, InodeRow.FLAGS) & InodeRow.KIND_MASK);
      if (kind == EntryKind.REGULAR
          && inodes.getInt(inode, InodeRow.NUMBER) != 0
          && inodes.getLong(inode, InodeRow.SIZE) > 0) {
        files.addInt(inode);
      }
    }
    try (var sort = new IntSort(space)) {
      sort.sort(files, 0, files.count(), this::compareBlobOrder);
    }
    return files;
  }

  private int compareBlobOrder(int a, int b) {
    var chunkA = firstChunk(a);
    var chunkB = firstChunk(b);
    var byOffset = Long.compare(blobOffset(chunkA), blobOffset(chunkB));
    return byOffset != 0
        ? byOffset
        : Long.compare(
            chunks.getLong(chunkA, ChunkRow.INNER_OFFSET),
            chunks.getLong(chunkB, ChunkRow.INNER_OFFSET));
  }

  private long blobOffset(int chunk) {
    return chunks.getLong(chunk, ChunkRow.BLOB_OFFSET);
  }

  /** Returns a file's first chunk that has bytes in the blob, otherwise its first chunk. */
  private int firstChunk(int inode) {
    var first = first(inode);
    for (int chunk = first; chunk < first + count(inode); chunk++) {
      if (blobOffset(chunk) != 0) {
        return chunk;
      }
    }
    return first;
  }

  private int first(int inode) {
    return (int) inodes.getLong(inode, InodeRow.PLACE);
  }

  private int count(int inode) {
    return (int) (inodes.getLong(inode, InodeRow.PLACE) >>> 32);
  }

  /** Fills in sizes that were left open and checks that chunks cover the file without overlap. */
  private void settleSizes(int inode) throws LayerFormatException {
    var fileSize = inodes.getLong(inode, InodeRow.SIZE);
    var end = first(inode) + count(inode);
    var expected = 0L;
    for (int chunk = first(inode); chunk < end; chunk++) {
      var offset = chunks.getLong(chunk, ChunkRow.DATA_OFFSET);
      if (offset != expected) {
        throw new LayerFormatException(layer, "chunk offset in its file", offset, "" + expected);
      }
      var size = chunks.getLong(chunk, ChunkRow.SIZE);
      if (size == 0) {
        var next = chunk + 1 < end ? chunks.getLong(chunk + 1, ChunkRow.DATA_OFFSET) : fileSize;
        size = next - offset;
        chunks.setLong(chunk, ChunkRow.SIZE, size);
      }
      expected = offset + size;
      if (size <= 0 || expected > fileSize) {
        throw new LayerFormatException(
            layer, "chunk size", size, "above 0, within a file of " + fileSize);
      }
    }
    if (expected != fileSize) {
      throw new LayerFormatException(layer, "bytes covered by chunks", expected, "" + fileSize);
    }
  }

  private void placeChunks(int inode, long place, BlobExtents extents) throws LayerFormatException {
    var end = first(inode) + count(inode);
    for (int chunk = first(inode); chunk < end; chunk++) {
      if (blobOffset(chunk) != 0) {
        var last = placed.count() - 1;
        chunks.setLong(
            chunk, ChunkRow.DATA_OFFSET, place + chunks.getLong(chunk, ChunkRow.DATA_OFFSET));
        extents.settle(chunks, last < 0 ? -1 : placed.getInt(last, 0), chunk);
        placed.addInt(chunk);
      }
    }
  }

  @Override
  public void close() {
    streams.close();
  }
}
