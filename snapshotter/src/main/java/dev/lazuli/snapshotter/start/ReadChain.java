package dev.lazuli.snapshotter.start;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.snapshotter.fetch.plan.ChunkRun;
import dev.lazuli.snapshotter.fetch.plan.LayerChunks;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Names chunks that a reader will probably want next, from what readers of the layer have missed so
 * far. Files of a directory lie side by side in a layer, and programs that read several of them
 * read more: modules of a package, templates, locales, headers. Where readers have missed small
 * chunks close to each other, those around the last one are fetched along.
 *
 * <p>It pays for each byte that it names with credit. A miss earns as many bytes as cross the link
 * in half the round trip that it cost, and bytes that were named and are read earn more than they
 * cost. So it reaches further and further where it is right, and where it is wrong it stops: what
 * it fetches in vain is bounded by what it was right about, and by the number of misses. Knows no
 * files and no clock. Thread-safe.
 */
public final class ReadChain {
  /** Larger chunks belong to large files, whose readers have a read-ahead of their own. */
  static final long SMALL_BYTES = 64 << 10;

  /** Misses further apart than this many chunks have nothing to do with each other. */
  static final int NEAR = 128;

  /** So many misses must lie close to each other: the third one is taken for a chain. */
  private static final int CHAIN = 3;

  /** So many misses are remembered. */
  private static final int MEMORY = 64;

  /** So many bytes of the blob are named at once. */
  private static final long MOST_BYTES = 1 << 20;

  static final long FIRST_CREDIT = 512 << 10;
  private static final long MOST_CREDIT = 4 << 20;

  /** What a byte earns that was named and is read: right two times of three keeps it going. */
  private static final double RIGHT = 1.5;

  /** What a miss earns; also lets a chain begin again that was broken. */
  static final long MISS_CREDIT = 128 << 10;

  private final LayerChunks chunks;
  private final ReadTally tally;

  @GuardedBy("this")
  private final int[] missed = new int[MEMORY];

  @GuardedBy("this")
  private int misses;

  @GuardedBy("this")
  private final BitSet named = new BitSet();

  @GuardedBy("this")
  private long credit = FIRST_CREDIT;

  /** Begins for a layer of which nothing is known; {@code tally} counts how often it is right. */
  public ReadChain(LayerChunks chunks, ReadTally tally) {
    this.chunks = chunks;
    this.tally = tally;
  }

  /** A reader has got chunks from {@code from} up to, not including, {@code to}. */
  public synchronized void read(int from, int to) {
    for (int c = named.nextSetBit(from); c >= 0 && c < to; c = named.nextSetBit(c + 1)) {
      named.clear(c);
      tally.read();
      credit = Math.min(MOST_CREDIT, credit + Math.round(RIGHT * bytes(c)));
    }
  }

  /**
   * A reader has missed a chunk.
   *
   * @return what to fetch along: ascending runs without overlap, often none
   */
  public synchronized List<ChunkRun> missed(int chunk) {
    if (bytes(chunk) > SMALL_BYTES || !chunks.blobOrdered()) {
      return List.of();
    }
    int near = near(chunk);
    missed[misses++ % MEMORY] = chunk;
    credit = Math.min(MOST_CREDIT, credit + MISS_CREDIT);
    return near + 1 < CHAIN ? List.of() : runs(around(chunk));
  }

  private long bytes(int chunk) {
    return chunks.chunkBlobEnd(chunk) - chunks.chunkBlobOffset(chunk);
  }

  /** Returns how many of the last misses lie close to a chunk. */
  @GuardedBy("this")
  private int near(int chunk) {
    int near = 0;
    for (int i = 0; i < Math.min(misses, MEMORY); i++) {
      int distance = Math.abs(missed[i] - chunk);
      near += distance > 0 && distance <= NEAR ? 1 : 0;
    }
    return near;
  }

  /**
   * Names the missing chunks that lie closest, before and behind in turn, as far as credit goes.
   */
  @GuardedBy("this")
  private BitSet around(int chunk) {
    var found = new BitSet();
    long left = Math.min(MOST_BYTES, credit);
    for (int distance = 1; distance <= NEAR && left > 0; distance++) {
      for (int c : new int[] {chunk + distance, chunk - distance}) {
        if (isWanted(c, left)) {
          found.set(c);
          named.set(c);
          tally.named();
          left -= bytes(c);
          credit -= bytes(c);
        }
      }
    }
    return found;
  }

  @GuardedBy("this")
  private boolean isWanted(int chunk, long mostBytes) {
    return chunk >= 0
        && chunk < chunks.chunkCount()
        && !named.get(chunk)
        && bytes(chunk) <= Math.min(mostBytes, SMALL_BYTES)
        && chunks.nextMissing(chunk, chunk + 1) >= 0;
  }

  private static List<ChunkRun> runs(BitSet found) {
    var runs = new ArrayList<ChunkRun>();
    for (int from = found.nextSetBit(0); from >= 0; ) {
      int to = found.nextClearBit(from);
      runs.add(new ChunkRun(from, to));
      from = found.nextSetBit(to);
    }
    return runs;
  }
}
