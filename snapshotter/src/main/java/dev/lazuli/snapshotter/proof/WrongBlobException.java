package dev.lazuli.snapshotter.proof;

import dev.lazuli.digest.Digest;
import java.io.IOException;

/** What a host sent as a layer's blob is another blob. */
final class WrongBlobException extends IOException {
  private static final long serialVersionUID = 1;

  /**
   * Makes the exception.
   *
   * @param blob names the blob and who sent it
   */
  WrongBlobException(String blob, Digest found) {
    super("%s came with wrong bytes, twice: they are %s".formatted(blob, found));
  }
}
