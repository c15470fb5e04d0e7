package dev.lazuli.snapshotter.snapshots;

import dev.lazuli.snapshotter.layers.LayerRequest;
import java.io.IOException;

/** A snapshot is there, but as another layer than a client asks for. */
final class OtherLayerException extends IOException {
  private static final long serialVersionUID = 1L;

  OtherLayerException(String target, LayerRequest asked, LayerRequest there, String difference) {
    super(
        "snapshot %s is mounted for %s as layer %s, but %s names layer %s for it (%s): pulled whole"
            .formatted(
                target,
                there.reference(),
                there.digest(),
                asked.reference(),
                asked.digest(),
                difference));
  }
}
