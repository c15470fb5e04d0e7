package dev.lazuli.snapshotter.layers;

import dev.lazuli.digest.Digest;
import java.io.IOException;
import java.util.Set;

/** Knows which layers are needed, now or once they can be restored. */
@FunctionalInterface
public interface Claimants {
  /**
   * Returns the digests of all layers that are needed.
   *
   * @throws IOException if this cannot be found out now
   */
  Set<Digest> layers() throws IOException;
}
