package dev.lazuli.snapshotter.fetch;

import java.io.IOException;

/** Takes a decoder out of a stream that has nothing more to do. No failure. */
final class StreamEnded extends IOException {
  private static final long serialVersionUID = 1;

  StreamEnded() {
    super("stream ended on purpose");
  }

  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
