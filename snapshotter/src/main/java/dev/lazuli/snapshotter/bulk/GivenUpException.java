package dev.lazuli.snapshotter.bulk;

import java.io.IOException;

/**
 * Nobody waits for the pull any longer, or no client waits for it and it would take room that is to
 * stay free. This is not a failure.
 */
final class GivenUpException extends IOException {
  private static final long serialVersionUID = 1L;

  GivenUpException() {
    super("the pull was given up");
  }

  GivenUpException(String reason) {
    super("the pull was given up: " + reason);
  }
}
