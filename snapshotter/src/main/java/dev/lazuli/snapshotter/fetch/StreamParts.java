package dev.lazuli.snapshotter.fetch;

import dev.lazuli.estargz.read.ChunkDecoder;
import java.util.function.LongSupplier;

/**
 * What all streams of a scheduler share.
 *
 * @param clock nanoseconds, as {@link System#nanoTime}
 */
record StreamParts(
    StreamEvents events,
    FetchListener listener,
    ChunkDecoder decoder,
    Gate gate,
    LongSupplier clock) {
  long now() {
    return clock.getAsLong();
  }
}
