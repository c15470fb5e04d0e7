package dev.lazuli.snapshotter.bulk;

import dev.lazuli.digest.Digest;
import java.io.IOException;

/**
 * A layer is not mounted lazily because the configuration wants it pulled whole. This is not a
 * failure.
 */
public final class WholePullException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * Makes one.
   *
   * @param reason why, in words that follow a colon
   */
  public WholePullException(Digest digest, String reason) {
    super("layer %s is pulled whole: %s".formatted(digest, reason));
  }
}
