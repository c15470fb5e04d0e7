package dev.lazuli.snapshotter.fetch.plan;

/** Decides which chunks to fetch with one range. */
final class RangePlanner {
  /** Bounds the memory of a stream's list of wanted chunks to 64 KiB. */
  static final int MOST_CHUNKS = 1 << 14;

  /** Which chunks are worth extending a range to. */
  @FunctionalInterface
  interface Wanted {
    /** Returns the first missing chunk of those from {@code from} up to {@code to}; -1 if none. */
    int next(int from, int to);
  }

  private final LayerChunks chunks;

  RangePlanner(LayerChunks chunks) {
    this.chunks = chunks;
  }

  /**
   * Plans a range for the missing chunk {@code chunk} and its neighbours: missing ones that are
   * decompressed on the way to it anyway, and wanted ones after it that lie within {@code unit}
   * bytes of the blob, across others of at most {@code gap} bytes. What is missing of those is
   * fetched as well, for its bytes come along.
   *
   * @param wanted which chunks after it to look for
   * @param floor first chunk that may be fetched
   * @param limit chunk after the last that may be fetched
   * @return the chunks of the range, of which those that are missing are fetched
   */
  ChunkRun plan(int chunk, Wanted wanted, int floor, int limit, long unit, long gap) {
    if (!chunks.blobOrdered()) {
      return new ChunkRun(chunk, chunk + 1);
    }
    int first = firstSibling(chunk, floor);
    int bound = Math.min(limit, first + MOST_CHUNKS);
    long start = chunks.chunkBlobOffset(first);
    int last = chunk;
    for (int next = wanted.next(last + 1, bound); next >= 0; next = wanted.next(last + 1, bound)) {
      boolean sibling = chunks.chunkBlobOffset(next) == chunks.chunkBlobOffset(last);
      boolean near = chunks.chunkBlobOffset(next) - chunks.chunkBlobEnd(last) <= gap;
      boolean within = chunks.chunkBlobEnd(next) - start <= unit;
      if (!sibling && !(near && within)) {
        break;
      }
      last = next;
    }
    return new ChunkRun(first, chunks.comeTogether() ? lastSibling(last, bound) : last + 1);
  }

  /**
   * Goes on over missing chunks that follow {@code chunk} in the same stream; returns their end.
   */
  private int lastSibling(int chunk, int bound) {
    int end = chunk + 1;
    while (end < bound
        && chunks.chunkBlobOffset(end) == chunks.chunkBlobOffset(chunk)
        && chunks.nextMissing(end, end + 1) >= 0) {
      end++;
    }
    return end;
  }

  /** Goes back over missing chunks that precede {@code chunk} in its compressed stream. */
  private int firstSibling(int chunk, int floor) {
    int first = chunk;
    int bound = Math.max(floor, chunk - MOST_CHUNKS / 2);
    while (first > bound
        && chunks.chunkBlobOffset(first - 1) == chunks.chunkBlobOffset(chunk)
        && chunks.nextMissing(first - 1, first) >= 0) {
      first--;
    }
    return first;
  }
}
