package dev.lazuli.snapshotter.fetch;

import dev.lazuli.snapshotter.fetch.plan.FetchFailedException;
import dev.lazuli.snapshotter.fetch.plan.Priority;
import java.io.IOException;

/**
 * Watches the scheduler at work. Called on its threads, for many streams at once: implementations
 * are thread-safe, quick, and throw nothing. {@code layer} is the layer blob's digest.
 */
public interface FetchListener {
  /** Watches nothing. */
  FetchListener NONE = new FetchListener() {};

  /** A range of {@code length} bytes at {@code offset} of the blob is about to be requested. */
  default void rangeOpened(String layer, long offset, long length, Priority priority) {}

  /** The first bytes of the range that was opened at {@code offset} have come. */
  default void firstByte(String layer, long offset) {}

  /** The range has delivered {@code bytes} more, compressed. */
  default void bytesFetched(String layer, int bytes, Priority priority) {}

  /** The range has ended as it should, {@code bytes} delivered in {@code nanos}. */
  default void rangeDone(String layer, long offset, long bytes, long nanos, Priority priority) {}

  /** The range has ended early; what it still carried is fetched again if anybody needs it. */
  default void rangeFailed(String layer, long offset, long bytes, IOException reason) {}

  /** The chunk was fetched, verified and committed. */
  default void chunkFetched(String layer, int chunk, long bytes, Priority priority) {}

  /** The chunk was found on this disk and verified, without a request. */
  default void chunkReused(String layer, int chunk, long bytes) {}

  /** A reader begins to wait for chunks of the layer: at least one of them is missing. */
  default void demandWaits(String layer, int fromChunk, int toChunk) {}

  /** A reader that waited for chunks of the layer has got all of them. */
  default void demandServed(String layer, int fromChunk, int toChunk, long nanos) {}

  /** A reader that waited for chunks of the layer has got an error. */
  default void demandFailed(String layer, FetchFailedException reason) {}

  /** All chunks are present, but that could not be recorded yet; it is tried again. */
  default void sealFailed(String layer, IOException reason) {}

  /** A thread met an error that nobody expected: a defect. It goes on with what is left to do. */
  default void unexpected(String thread, Throwable error) {}

  /** A layer without an index is here, {@code bytes} of it received. */
  default void layerPulled(String layer, long bytes) {}

  /** All chunks are present, synced, and recorded so. */
  default void layerComplete(String layer) {}
}
