package dev.lazuli.snapshotter.node;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.snapshots.SnapshotterServer;
import dev.lazuli.snapshotter.status.LayerUse;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * Who needs which layers of a node.
 *
 * @param snapshots those of containerd
 * @param store where Podman and CRI-O find them
 */
record NodeUses(SnapshotterServer snapshots, NodeStore store) {
  /**
   * Returns the layers that anybody needs, whether or not they are mounted.
   *
   * @throws IOException if the snapshots cannot be read
   */
  Map<Digest, LayerUse> all() throws IOException {
    var uses = new HashMap<>(snapshots.layerUses());
    store
        .counts()
        .forEach(
            (digest, count) ->
                uses.merge(
                    digest,
                    LayerUse.NONE.withStoreUses(count),
                    (use, _) -> use.withStoreUses(count)));
    return uses;
  }
}
