package dev.lazuli.snapshotter.fetch.plan;

import java.util.BitSet;

/** A layer's chunks in the order of the blob, for which there is always room. */
public abstract class InOrderChunks implements LayerChunks {
  /** The chunks that are here. */
  public final BitSet present = new BitSet();

  private final String name;

  /** A layer without any chunk that is here. */
  protected InOrderChunks(String name) {
    this.name = name;
  }

  @Override
  public final String layer() {
    return name;
  }

  @Override
  public final boolean blobOrdered() {
    return true;
  }

  @Override
  public int nextMissing(int from, int to) {
    int missing = present.nextClearBit(from);
    return missing < to ? missing : -1;
  }

  @Override
  public final int presentCount() {
    return present.cardinality();
  }

  @Override
  public long diskBytes(int chunk) {
    return chunkBlobEnd(chunk) - chunkBlobOffset(chunk);
  }

  @Override
  public long roomInAdvance() {
    return Long.MAX_VALUE;
  }

  @Override
  public final String describe(int chunk) {
    return "chunk " + chunk;
  }
}
