package dev.lazuli.snapshotter.fetch.plan;

import java.util.List;

/**
 * Chunks that follow each other in a layer's chunk table.
 *
 * @param from first chunk, not negative
 * @param to chunk after the last, more than {@code from}
 */
public record ChunkRun(int from, int to) {
  /** Checks the bounds. */
  public ChunkRun {
    if (from < 0 || from >= to) {
      throw new IllegalArgumentException("chunks from " + from + " to " + to);
    }
  }

  /** Returns how many chunks these are. */
  int count() {
    return to - from;
  }

  /** Returns the index of the first of ascending runs that ends behind {@code chunk}. */
  static int firstBehind(List<ChunkRun> runs, int chunk) {
    int low = 0;
    int high = runs.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (runs.get(middle).to > chunk) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /**
   * Checks that runs ascend without overlap and that a table has their chunks.
   *
   * @throws IllegalArgumentException if they do not
   */
  public static void check(List<ChunkRun> runs, int chunkCount) {
    int end = 0;
    for (ChunkRun run : runs) {
      if (run.from < end || run.to > chunkCount) {
        throw new IllegalArgumentException(
            "%s, expected from %d on and within %d chunks".formatted(run, end, chunkCount));
      }
      end = run.to;
    }
  }
}
