package dev.lazuli.estargz.toc;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.LayerFormatException;

/** Gives chunks the end of their compressed stream and checks that they can lie in it. */
final class BlobExtents implements AutoCloseable {
  /** How many starts further on the next one is looked for before all are searched. */
  private static final int NEAR = 4;

  private final String layer;
  private final RowTable starts;
  private final RowTable sorted;
  private final LayerFacts facts;
  private final byte[] digest = new byte[Digest.SHA256_BYTES];
  private int next;

  /** Takes the starts of the blob's compressed streams, in any order, which must not change. */
  BlobExtents(String layer, IndexSpace space, RowTable starts, LayerFacts facts) {
    this.layer = layer;
    this.starts = starts;
    this.facts = facts;
    sorted = space.scratch(Integer.BYTES);
    for (int i = 0; i < starts.count(); i++) {
      sorted.addInt(i);
    }
    try (var sort = new IntSort(space)) {
      sort.sort(sorted, 0, sorted.count(), this::compareStarts);
    }
  }

  private int compareStarts(int a, int b) {
    return Long.compare(starts.getLong(a, 0), starts.getLong(b, 0));
  }

  /**
   * Settles a chunk row whose place, size and blob offset are known.
   *
   * @param before the row settled before it, or -1
   */
  void settle(RowTable chunks, int before, int row) throws LayerFormatException {
    var offset = chunks.getLong(row, ChunkRow.BLOB_OFFSET);
    if (offset >= facts.payloadEnd()) {
      throw bad("chunk's blob offset", offset, "below the payload's end " + facts.payloadEnd());
    }
    var end = Math.min(facts.payloadEnd(), nextStart(offset));
    chunks.setLong(row, ChunkRow.BLOB_END, end);
    checkRatio(chunks, row, end - offset);
    checkOverlap(chunks, before, row);
    checkDigest(chunks, row);
  }

  private void checkRatio(RowTable chunks, int row, long compressed) throws LayerFormatException {
    var inner = chunks.getLong(row, ChunkRow.INNER_OFFSET);
    var size = chunks.getLong(row, ChunkRow.SIZE);
    var ratio = facts.format().compression().greatestRatio();
    // Both sides as quotients: the products could overflow.
    if (inner / ratio > compressed || size / ratio > compressed - inner / ratio) {
      throw bad(
          "chunk's inner offset + size",
          inner + "+" + size,
          "what " + compressed + " compressed bytes can hold");
    }
  }

  private void checkOverlap(RowTable chunks, int before, int row) throws LayerFormatException {
    if (before < 0
        || chunks.getLong(before, ChunkRow.BLOB_OFFSET)
            != chunks.getLong(row, ChunkRow.BLOB_OFFSET)) {
      return;
    }
    var end = chunks.getLong(before, ChunkRow.INNER_OFFSET) + chunks.getLong(before, ChunkRow.SIZE);
    var inner = chunks.getLong(row, ChunkRow.INNER_OFFSET);
    if (inner < end) {
      throw bad("chunk's inner offset", inner, "at least " + end + ", the end of the one before");
    }
  }

  private void checkDigest(RowTable chunks, int row) throws LayerFormatException {
    if (!facts.digestsRequired()) {
      return;
    }
    chunks.getBytes(row, ChunkRow.DIGEST, digest);
    for (byte b : digest) {
      if (b != 0) {
        return;
      }
    }
    var at = chunks.getLong(row, ChunkRow.BLOB_OFFSET);
    throw bad("digest of the chunk at blob offset " + at, "missing", "a SHA-256 digest");
  }

  /** Returns the least start above {@code offset}, mostly the one after that of the call before. */
  private long nextStart(long offset) {
    if (next > 0 && start(next - 1) > offset) {
      next = search(offset);
    }
    for (int step = 0; next < sorted.count() && start(next) <= offset; step++) {
      next = step < NEAR ? next + 1 : search(offset);
    }
    return next == sorted.count() ? Long.MAX_VALUE : start(next);
  }

  private int search(long offset) {
    var low = 0;
    var high = sorted.count();
    while (low < high) {
      var middle = (low + high) >>> 1;
      if (start(middle) <= offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private long start(int place) {
    return starts.getLong(sorted.getInt(place, 0), 0);
  }

  private LayerFormatException bad(String field, Object value, String limit) {
    return new LayerFormatException(layer, field, value, limit);
  }

  @Override
  public void close() {
    sorted.close();
  }
}
