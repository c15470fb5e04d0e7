package dev.lazuli.snapshotter.fetch.plan;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A chunk that somebody waited for could not be had. The message says all that is known. */
public final class FetchFailedException extends IOException {
  private static final long serialVersionUID = 1;

  private final String layer;
  private final int chunk;

  private FetchFailedException(String layer, int chunk, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.layer = layer;
    this.chunk = chunk;
  }

  static FetchFailedException deadline(
      LayerChunks chunks,
      int chunk,
      Duration deadline,
      int attempts,
      @Nullable Throwable lastFailure) {
    String message =
        "layer %s: %s not fetched within %d ms, %d failed attempts; last reason: %s"
            .formatted(
                chunks.layer(),
                chunks.describe(chunk),
                deadline.toMillis(),
                attempts,
                lastFailure == null ? "no answer yet" : lastFailure.getMessage());
    return new FetchFailedException(chunks.layer(), chunk, message, lastFailure);
  }

  static FetchFailedException wrongBytes(
      LayerChunks chunks, int chunk, int deliveries, Throwable lastFailure) {
    String message =
        "layer %s: %s arrived with wrong content %d times; last reason: %s"
            .formatted(
                chunks.layer(), chunks.describe(chunk), deliveries, lastFailure.getMessage());
    return new FetchFailedException(chunks.layer(), chunk, message, lastFailure);
  }

  static FetchFailedException tooMany(LayerChunks chunks, int chunk, int waiting, int all) {
    String message =
        "layer %s: chunk %d not fetched, %d reads of the layer are already waiting, %d of all layers"
            .formatted(chunks.layer(), chunk, waiting, all);
    return new FetchFailedException(chunks.layer(), chunk, message, null);
  }

  static FetchFailedException detached(LayerChunks chunks, int chunk) {
    String message =
        "layer %s: chunk %d not fetched, the layer was detached".formatted(chunks.layer(), chunk);
    return new FetchFailedException(chunks.layer(), chunk, message, null);
  }

  /** Returns the layer blob's digest. */
  public String layer() {
    return layer;
  }

  /** Returns the first chunk that is missing. */
  public int chunk() {
    return chunk;
  }
}
