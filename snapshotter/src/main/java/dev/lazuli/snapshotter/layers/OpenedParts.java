package dev.lazuli.snapshotter.layers;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What was opened so far on the way to something whole. Closing this closes all of it, the last
 * first, unless it was {@linkplain #keep kept} for another owner. Used by one thread.
 */
final class OpenedParts implements AutoCloseable {
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  /** Adds a part and returns it. */
  <T extends AutoCloseable> T add(T part) {
    parts.push(part);
    return part;
  }

  /** Says that everything went well and the parts have another owner. */
  void keep() {
    parts.clear();
  }

  /**
   * Closes what was not kept.
   *
   * @throws IOException if a part cannot be closed; the others are closed nevertheless
   */
  @Override
  public void close() throws IOException {
    IOException failure = null;
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception e) {
        if (failure == null) {
          failure = new IOException("cannot be closed: " + e, e);
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
