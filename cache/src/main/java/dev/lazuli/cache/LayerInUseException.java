package dev.lazuli.cache;

import dev.lazuli.digest.Digest;
import java.io.IOException;

/** A layer cannot be removed because there are open handles on it or pins. */
public final class LayerInUseException extends IOException {
  private static final long serialVersionUID = 1;

  LayerInUseException(Digest layer) {
    super("layer " + layer + " is in use");
  }
}
