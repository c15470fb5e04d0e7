package dev.lazuli.snapshotter.bulk;

import dev.lazuli.digest.Digest;
import java.io.IOException;

/** What a registry sent is not the blob that was asked for. */
final class OtherBlobException extends IOException {
  private static final long serialVersionUID = 1;

  OtherBlobException(Digest expected, Digest actual) {
    super("blob of layer " + expected + " was sent as " + actual);
  }
}
