package dev.lazuli.snapshotter.status;

import java.io.IOException;

/** Answers the requests for one path and method; several at the same time. */
@FunctionalInterface
public interface Handler {
  /**
   * Does what is asked and returns the answer.
   *
   * @throws RequestException if it is not done, and why
   * @throws IOException if it failed
   */
  Content answer(Query query) throws RequestException, IOException;
}
