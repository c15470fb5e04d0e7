package dev.lazuli.snapshotter.status;

import java.util.Optional;

/** Answers requests with their authorization, those below one path; several at the same time. */
@FunctionalInterface
public interface Door {
  /**
   * Answers a request.
   *
   * @param path what follows the door's own path, as it is written
   * @param authorization the header of this name
   * @throws RequestException if there is no content for it, and why
   */
  Content answer(String path, Query query, Optional<String> authorization) throws RequestException;
}
