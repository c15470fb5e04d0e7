package dev.lazuli.snapshotter.snapshots;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.status.LayerUse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Works out which snapshots need which layers. */
final class LayerUses {
  private LayerUses() {}

  /** Returns who uses each layer that is a snapshot of {@code tree}, all of the tree. */
  static Map<Digest, LayerUse> of(List<Snapshot> tree) {
    var byName = new HashMap<String, Snapshot>();
    tree.forEach(snapshot -> byName.put(snapshot.name(), snapshot));
    var containers = new HashMap<String, Integer>();
    for (var snapshot : tree) {
      if (snapshot.kind() != SnapshotKind.COMMITTED) {
        for (var below = byName.get(snapshot.parent());
            below != null;
            below = byName.get(below.parent())) {
          containers.merge(below.name(), 1, Integer::sum);
        }
      }
    }
    var uses = new HashMap<Digest, LayerUse>();
    for (var snapshot : tree) {
      snapshot
          .layer()
          .ifPresent(
              layer ->
                  uses.compute(
                      layer.digest(),
                      (_, use) ->
                          (use == null ? LayerUse.NONE : use)
                              .and(snapshot.name(), containers.getOrDefault(snapshot.name(), 0))));
    }
    return uses;
  }
}
