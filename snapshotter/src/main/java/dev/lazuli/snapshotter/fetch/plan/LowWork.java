package dev.lazuli.snapshotter.fetch.plan;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Chunks of a layer to fetch without anybody waiting, in one pass from front to back. Guarded by
 * the scheduler's lock.
 */
public final class LowWork {
  private final LayerChunks chunks;
  private final List<ChunkRun> runs;
  private final long blobFrom;
  private final long blobTo;
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private int next;
  private boolean skipped;

  private LowWork(LayerChunks chunks, List<ChunkRun> runs, long blobFrom, long blobTo) {
    this.chunks = chunks;
    this.runs = runs;
    this.blobFrom = blobFrom;
    this.blobTo = blobTo;
    this.next = from();
  }

  /** Returns work that is done. */
  static LowWork none(LayerChunks chunks) {
    var none = new LowWork(chunks, List.of(), 0, 0);
    none.done.complete(null);
    return none;
  }

  /** Returns the work to fetch all that is missing. */
  static LowWork all(LayerChunks chunks) {
    return new LowWork(chunks, upTo(0, chunks.chunkCount()), 0, Long.MAX_VALUE);
  }

  /** Returns the work to fetch the chunks whose streams begin in a range of the blob. */
  public static LowWork inBlob(LayerChunks chunks, long blobFrom, long blobTo) {
    boolean ordered = chunks.blobOrdered();
    int from = ordered ? firstFromBlob(chunks, blobFrom) : 0;
    int to = ordered ? firstFromBlob(chunks, blobTo) : chunks.chunkCount();
    return new LowWork(chunks, upTo(from, to), blobFrom, blobTo);
  }

  /** Returns the first chunk whose stream begins at {@code blobOffset} or later in the blob. */
  private static int firstFromBlob(LayerChunks chunks, long blobOffset) {
    int low = 0;
    int high = chunks.chunkCount();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (chunks.chunkBlobOffset(middle) >= blobOffset) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /** Returns the work to fetch the chunks of runs that ascend without overlap. */
  public static LowWork listed(LayerChunks chunks, List<ChunkRun> runs) {
    return new LowWork(chunks, List.copyOf(runs), 0, Long.MAX_VALUE);
  }

  private static List<ChunkRun> upTo(int from, int to) {
    return from < to ? List.of(new ChunkRun(from, to)) : List.of();
  }

  private int from() {
    return runs.isEmpty() ? 0 : runs.getFirst().from();
  }

  private int to() {
    return runs.isEmpty() ? 0 : runs.getLast().to();
  }

  /** Completes when the work is done. */
  public CompletableFuture<Void> done() {
    return done;
  }

  /** Returns whether chunks are left that nobody has looked at in this pass. */
  boolean hasMore() {
    return next < to();
  }

  /** Returns whether the pass is over, and leaves nothing to another one. */
  boolean passIsOver() {
    return !hasMore() && !skipped;
  }

  /** Returns how far the pass has come. */
  int next() {
    return next;
  }

  /** All chunks before {@code chunk} are there or on their way. */
  void goOnFrom(int chunk) {
    next = chunk;
  }

  /** Makes chunks from {@code chunk} on be looked at again. */
  void rewind(int chunk) {
    next = Math.max(from(), Math.min(next, chunk));
  }

  /** Leaves a chunk that cannot be had to the next pass. */
  void skip(int chunk) {
    if (next <= chunk && chunk < to()) {
      next = chunk + 1;
      skipped = true;
    }
  }

  /** Ends a pass; returns whether there has to be another one, for chunks that were skipped. */
  boolean endPass() {
    boolean another = skipped;
    skipped = false;
    next = another ? from() : to();
    return another;
  }

  /** Returns the first chunk of the work from {@code from} on that is missing; -1 if none is. */
  int nextMissing(int from) {
    return nextMissing(from, to());
  }

  /** Returns the first missing chunk of the work from {@code from} up to {@code to}, or -1. */
  int nextMissing(int from, int to) {
    for (int i = ChunkRun.firstBehind(runs, from);
        i < runs.size() && runs.get(i).from() < to;
        i++) {
      int end = Math.min(to, runs.get(i).to());
      int start = Math.max(from, runs.get(i).from());
      for (int c = chunks.nextMissing(start, end); c >= 0; c = chunks.nextMissing(c + 1, end)) {
        if (isInBlobRange(c)) {
          return c;
        }
      }
    }
    return -1;
  }

  private boolean isInBlobRange(int chunk) {
    long start = chunks.chunkBlobOffset(chunk);
    return blobFrom <= start && start < blobTo;
  }
}
