package dev.lazuli.snapshotter.proof;

import java.io.IOException;

/** A pass has ended because its layer is not in use any more. */
final class PassEndedException extends IOException {
  private static final long serialVersionUID = 1;

  PassEndedException() {
    super("the layer is no longer in use");
  }
}
