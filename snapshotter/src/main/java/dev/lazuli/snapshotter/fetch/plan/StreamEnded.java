package dev.lazuli.snapshotter.fetch.plan;

import java.io.IOException;

/** Takes a decoder out of a stream that has nothing more to do. No failure. */
public final class StreamEnded extends IOException {
  private static final long serialVersionUID = 1;

  public StreamEnded() {
    super("stream ended on purpose");
  }

  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
