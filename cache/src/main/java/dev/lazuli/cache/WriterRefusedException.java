package dev.lazuli.cache;

import dev.lazuli.digest.Digest;
import java.io.IOException;

/** A chunk needs no writer or has one already. */
public final class WriterRefusedException extends IOException {
  private static final long serialVersionUID = 1;

  private final boolean present;

  WriterRefusedException(Digest layer, int chunk, boolean present) {
    super(
        "layer %s: chunk %d %s"
            .formatted(layer, chunk, present ? "is present" : "is being written"));
    this.present = present;
  }

  /** Returns true if the chunk is present, false if another writer is at work on it. */
  public boolean present() {
    return present;
  }

  /** No stack trace: two streams often meet on a chunk. */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
