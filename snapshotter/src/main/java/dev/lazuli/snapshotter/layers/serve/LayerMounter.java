package dev.lazuli.snapshotter.layers.serve;

import dev.lazuli.cache.LayerData;
import dev.lazuli.snapshotter.status.MountKind;
import java.io.IOException;
import java.util.Optional;

/** One way to mount a layer. Safe for use by several threads. */
public interface LayerMounter {
  /** Returns the kind of mount, for logs and status. */
  MountKind kind();

  /**
   * Mounts a layer whose blob is served by the bridge, or which is complete where the way needs
   * that.
   *
   * @throws IOException if the kernel refuses; the message says what it was asked
   */
  MountedTree mount(LayerData layer) throws IOException;

  /** Returns the layer's mount that an earlier daemon made, if it is still there. */
  Optional<MountedTree> existing(LayerData layer) throws IOException;
}
