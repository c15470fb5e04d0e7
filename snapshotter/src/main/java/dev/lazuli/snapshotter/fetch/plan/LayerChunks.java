package dev.lazuli.snapshotter.fetch.plan;

/**
 * What the scheduler's decisions need to know of a layer's chunks. Whether chunks are present may
 * change at any time; everything else is fixed.
 */
public interface LayerChunks {
  /** Returns the layer blob's digest. */
  String layer();

  /** Returns how many chunks there are. */
  int chunkCount();

  /** Returns where in the blob the compressed stream begins that has the chunk. */
  long chunkBlobOffset(int chunk);

  /** Returns where in the blob that stream ends. */
  long chunkBlobEnd(int chunk);

  /** Returns whether chunks lie in the blob in the order of their numbers. */
  boolean blobOrdered();

  /** Returns whether the chunks of a stream are verified together, so only come all at once. */
  default boolean comeTogether() {
    return false;
  }

  /** Returns the first missing chunk from {@code from} up to, not including, {@code to}; or -1. */
  int nextMissing(int from, int to);

  /** Returns how many chunks are present. */
  int presentCount();

  /** Returns how many bytes of the disk the chunk takes when it is present. */
  long diskBytes(int chunk);

  /**
   * Returns how many bytes that no reader waits for may be added to the disk without evicting other
   * content; negative where nothing may be added.
   */
  long roomInAdvance();

  /** Returns the chunk's facts for a message. */
  String describe(int chunk);

  /** Returns whether any chunk of the runs is missing. */
  default boolean missesAny(Iterable<ChunkRun> runs) {
    for (ChunkRun run : runs) {
      if (nextMissing(run.from(), run.to()) >= 0) {
        return true;
      }
    }
    return false;
  }
}
