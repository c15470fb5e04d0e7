package dev.lazuli.cache;

import java.io.IOException;

/** A layer cannot be removed because there are open handles on it or pins. */
public final class LayerInUseException extends IOException {
  private static final long serialVersionUID = 1;

  LayerInUseException(String layer) {
    super("layer " + layer + " is in use");
  }
}
