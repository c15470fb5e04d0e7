package dev.lazuli.snapshotter.layers;

import dev.lazuli.cache.LayerData;
import java.io.IOException;

/** One way to mount a layer. Safe for use by several threads. */
interface LayerMounter {
  /** Returns the kind of mount, for logs and status. */
  MountKind kind();

  /**
   * Mounts a layer whose blob is served by the bridge, or which is complete where the way needs
   * that.
   *
   * @throws IOException if the kernel refuses; the message says what it was asked
   */
  MountedTree mount(LayerData layer) throws IOException;
}
