package dev.lazuli.snapshotter.layers;

import dev.lazuli.digest.Digest;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A layer cannot be mounted lazily; the message names the layer and the reason. */
public final class LayerMountException extends IOException {
  private static final long serialVersionUID = 1;

  LayerMountException(Digest digest, String reason) {
    this(digest, reason, null);
  }

  LayerMountException(Digest digest, String reason, @Nullable Throwable cause) {
    super("layer " + digest + ": " + reason, cause);
  }
}
