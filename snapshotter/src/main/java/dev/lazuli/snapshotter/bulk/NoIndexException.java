package dev.lazuli.snapshotter.bulk;

import dev.lazuli.digest.Digest;
import java.io.IOException;

/** A layer has no index that could be believed, so it cannot be mounted before it is here whole. */
public final class NoIndexException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes one.
   *
   * @param reason what is missing, in words that follow a colon
   */
  public NoIndexException(Digest digest, String reason) {
    super("layer " + digest + ": " + reason);
  }
}
