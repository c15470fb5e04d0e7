package dev.lazuli.snapshotter.node;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a daemon has opened, closed in reverse order. For one thread. */
final class NodeParts implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(NodeParts.class);

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  /** Takes a part over and returns it. */
  <T extends AutoCloseable> T own(T part) {
    parts.push(part);
    return part;
  }

  /** Closes every part, whatever becomes of the others. Idempotent. */
  @Override
  public void close() {
    while (!parts.isEmpty()) {
      var part = parts.pop();
      try {
        part.close();
      } catch (Exception e) {
        log.warn("closing {}: {}", part.getClass().getSimpleName(), e.toString());
      }
    }
  }
}
