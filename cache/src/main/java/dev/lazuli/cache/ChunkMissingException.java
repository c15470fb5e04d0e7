package dev.lazuli.cache;

import dev.lazuli.digest.Digest;
import java.io.IOException;

/** A read touched a chunk that is not in the data file: it has to be fetched first. */
public final class ChunkMissingException extends IOException {
  private static final long serialVersionUID = 1;

  private final int chunk;

  ChunkMissingException(Digest layer, int chunk) {
    super("layer %s: chunk %d is not present".formatted(layer, chunk));
    this.chunk = chunk;
  }

  /** Returns the first missing chunk of the read. */
  public int chunk() {
    return chunk;
  }

  /** No stack trace: this is an everyday answer, not a failure. */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
