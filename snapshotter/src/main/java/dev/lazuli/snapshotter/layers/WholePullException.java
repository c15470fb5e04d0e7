package dev.lazuli.snapshotter.layers;

import java.io.IOException;

/** A layer is not mounted lazily because the configuration wants it pulled whole: no trouble. */
public final class WholePullException extends IOException {
  private static final long serialVersionUID = 1L;

  WholePullException(String digest, String reference) {
    super(
        "layer %s is pulled whole: layers.lazy_from does not name %s".formatted(digest, reference));
  }
}
