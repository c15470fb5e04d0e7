package dev.lazuli.snapshotter.fetch.plan;

import java.util.function.IntSupplier;

/**
 * Which bytes between two chunks are fetched with them although nobody wants them: as many as come
 * in the time that another range costs. Where a request has many ranges, that is next to none.
 * Thread-safe.
 */
public final class Gaps {
  /** Headers of tar and gzip lie between neighbours, and parts of an answer have headers, too. */
  private static final long LEAST = 4 << 10;

  /** Streams that nobody waits for overlap each other's round trips. */
  private static final int OVERLAP = 4;

  /** Neighbours that may never be read are not worth bytes that are there already. */
  private static final int TO_NEIGHBOURS = 64;

  private final LayerChunks chunks;
  private final LinkEstimate link;
  private final IntSupplier rangesPerRequest;

  /**
   * Makes it for a layer.
   *
   * @param rangesPerRequest how many ranges one request may have, as far as is known
   */
  Gaps(LayerChunks chunks, LinkEstimate link, IntSupplier rangesPerRequest) {
    this.chunks = chunks;
    this.link = link;
    this.rangesPerRequest = rangesPerRequest;
  }

  /** Returns how many ranges one request may have. */
  int rangesAtOnce() {
    return chunks.blobOrdered() ? Math.max(1, rangesPerRequest.getAsInt()) : 1;
  }

  /** Returns the most bytes to bridge between chunks that are wanted with this priority. */
  public long bridged(Priority basePriority) {
    int ranges = rangesAtOnce();
    if (basePriority == Priority.ON_DEMAND) {
      return worth(ranges);
    }
    return worth(ranges > 1 ? TO_NEIGHBOURS * ranges : OVERLAP);
  }

  /** Returns the most bytes to bridge to a neighbour that nobody has asked for. */
  long bridgedToNeighbours() {
    return worth(TO_NEIGHBOURS);
  }

  /** Returns that part of what comes during a round trip, within bounds. */
  private long worth(int part) {
    long unit = link.unit();
    return Math.min(unit, Math.max(LEAST, unit / part));
  }
}
