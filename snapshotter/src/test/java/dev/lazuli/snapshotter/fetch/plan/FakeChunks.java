package dev.lazuli.snapshotter.fetch.plan;

import java.util.BitSet;

/** Chunks of 1,000 bytes, {@code perStream} of them in each compressed stream, without files. */
public final class FakeChunks implements LayerChunks {
  static final int CHUNK_BYTES = 1000;

  final BitSet present = new BitSet();
  boolean room = true;
  private final String name;
  private final int count;
  private final int perStream;

  public FakeChunks(String name, int count, int perStream) {
    this.name = name;
    this.count = count;
    this.perStream = perStream;
  }

  @Override
  public String layer() {
    return name;
  }

  @Override
  public int chunkCount() {
    return count;
  }

  @Override
  public long chunkBlobOffset(int chunk) {
    return (long) (chunk / perStream) * perStream * CHUNK_BYTES;
  }

  @Override
  public long chunkBlobEnd(int chunk) {
    return chunkBlobOffset(chunk) + (long) perStream * CHUNK_BYTES;
  }

  @Override
  public boolean blobOrdered() {
    return true;
  }

  @Override
  public int nextMissing(int from, int to) {
    int missing = present.nextClearBit(from);
    return missing < to ? missing : -1;
  }

  @Override
  public int presentCount() {
    return present.cardinality();
  }

  @Override
  public boolean hasRoomFor(int chunk) {
    return room;
  }

  @Override
  public String describe(int chunk) {
    return "chunk " + chunk;
  }
}
