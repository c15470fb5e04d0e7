package dev.lazuli.snapshotter.fetch.plan;

/** Chunks of 1,000 bytes, {@code perStream} of them in each compressed stream, without files. */
public final class FakeChunks extends InOrderChunks {
  static final int CHUNK_BYTES = 1000;

  long room = Long.MAX_VALUE;
  private final int count;
  private final int perStream;

  public FakeChunks(String name, int count, int perStream) {
    super(name);
    this.count = count;
    this.perStream = perStream;
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
  public long diskBytes(int chunk) {
    return CHUNK_BYTES;
  }

  @Override
  public long roomInAdvance() {
    return room;
  }
}
