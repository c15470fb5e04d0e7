package dev.lazuli.snapshotter.layers.index;

import dev.lazuli.estargz.Limits;
import java.time.Duration;

/**
 * What the indexing of layers may take of a node.
 *
 * @param parallel how many layers are indexed at the same time, at least 1; one registry has half
 *     of them at most, and half as many more are for registries that have none
 * @param memoryBytes memory off the heap for all of them together
 * @param timeout how long the indexing of one layer may wait, for its turn and for its registry
 */
public record IndexOptions(int parallel, long memoryBytes, Duration timeout) {
  /** Four at a time, with 512 MiB together, half a minute each. */
  public static final IndexOptions DEFAULT =
      new IndexOptions(4, Limits.DEFAULT.indexBytes(), Duration.ofSeconds(30));

  /** Checks the ranges. */
  public IndexOptions {
    if (parallel < 1 || timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException(
          "%d indexes at a time, %s for each".formatted(parallel, timeout));
    }
  }
}
