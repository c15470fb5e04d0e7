package dev.lazuli.snapshotter.fetch;

import dev.lazuli.snapshotter.fetch.plan.ChunkRun;
import dev.lazuli.snapshotter.fetch.plan.FetchFailedException;
import dev.lazuli.snapshotter.fetch.plan.Priority;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The fetching of one layer's chunks. Thread-safe; no call waits for the network or for other
 * callers, except {@link #close}.
 */
public interface LayerFetch extends AutoCloseable {
  /**
   * Brings chunks for a reader that waits, before any prefetch or background work. Joins streams
   * that carry the chunks already.
   *
   * @param fromChunk first chunk
   * @param toChunk chunk after the last, more than {@code fromChunk}
   * @return completes when all of them were present, or with a {@link FetchFailedException} when
   *     the read deadline has passed or the layer was detached. Dependents run on a virtual thread
   *     of their own and may block.
   */
  CompletableFuture<Void> demand(int fromChunk, int toChunk);

  /**
   * Fetches the chunks whose compressed streams begin in a range of the blob, after readers and
   * before background work, and at once even if this failed before. A second call replaces the
   * first.
   *
   * @param blobFrom first byte of the blob
   * @param blobTo byte after the last
   * @return completes when the chunks have been fetched, with an error when the layer is detached
   *     before
   */
  CompletableFuture<Void> prefetch(long blobFrom, long blobTo);

  /**
   * Fetches the chunks of some runs, after readers and before the range of {@link #prefetch(long,
   * long)} and background work, and at once even if this failed before. Replaces nothing: what was
   * asked for before, in either way, is still fetched, lists in the order they came in. Runs near
   * each other share a request, and what is missing between them comes along.
   *
   * @param runs ascending, without overlap; may be empty
   * @return completes when all of the chunks have been fetched, with an error when the layer is
   *     detached before. Dependents run on a virtual thread of their own and may block.
   * @throws IllegalArgumentException if the runs are out of order or reach beyond the chunk table
   */
  CompletableFuture<Void> prefetch(List<ChunkRun> runs);

  /**
   * Waits for chunks that somebody else asks for; fetches nothing itself.
   *
   * @param fromChunk first chunk
   * @param toChunk chunk after the last
   * @return completes when all of them are present, with an error when the layer is detached
   *     before. Dependents run on a virtual thread of their own and may block.
   */
  CompletableFuture<Void> whenPresent(int fromChunk, int toChunk);

  /**
   * Says that somebody else has made a chunk present: whoever waits for it is answered, and the
   * layer is recorded as complete if it was the last.
   */
  void arrived(int chunk);

  /** Fetches everything that is missing, when nothing else is to be done, until it is there. */
  void background();

  /** Returns for whom the most urgent of the layer's open ranges is; empty if none is open. */
  Optional<Priority> working();

  /** Returns whether something is still to be fetched without anybody asking again. */
  boolean waiting();

  /** Completes when every chunk is present, synced and recorded so: the layer needs no fetching. */
  CompletableFuture<Void> completed();

  /**
   * Ends all fetching of this layer and fails its readers. What was committed stays. Returns when
   * no stream of the layer works any more, after 5 seconds at most. Idempotent.
   */
  @Override
  void close();
}
