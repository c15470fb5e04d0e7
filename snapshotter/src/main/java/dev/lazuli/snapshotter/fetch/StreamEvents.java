package dev.lazuli.snapshotter.fetch;

import dev.lazuli.snapshotter.fetch.plan.Flight;
import org.jspecify.annotations.Nullable;

/** What the thread of a stream tells the scheduler, and asks it. Thread-safe, never slow. */
interface StreamEvents {
  /** The stream has reached a chunk; returns whether it is to bring it. */
  boolean mayBring(AttachedLayer layer, Flight flight, int chunk);

  /** The stream has passed by all chunks before {@code chunk}. */
  void passed(Flight flight, int chunk);

  /** The stream has committed the chunk. */
  void committed(AttachedLayer layer, Flight flight, int chunk);

  /** The chunk was found on this disk. */
  void found(AttachedLayer layer, int chunk);

  /** The first byte of the stream has come. */
  void receiving(Flight flight);

  /** The stream would come late to the chunks from {@code chunk} on: others are to bring them. */
  void letGo(AttachedLayer layer, Flight flight, int chunk);

  /** The layer's source has shown something of itself. */
  void learnt(AttachedLayer layer);

  /** Pays for background bytes; returns how many nanoseconds to wait. */
  long backgroundPause(int bytes);

  /** An error came that nobody expected. */
  void unexpected(String thread, Throwable error);

  /**
   * The stream works no more.
   *
   * @param failure why not; null if it ended as it should or was ended
   * @param wrongBytes whether what came was not what the layer's index promises
   */
  void ended(AttachedLayer layer, Flight flight, @Nullable Throwable failure, boolean wrongBytes);
}
