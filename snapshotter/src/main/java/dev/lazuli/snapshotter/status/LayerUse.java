package dev.lazuli.snapshotter.status;

import java.util.ArrayList;
import java.util.List;

/**
 * Who needs a layer.
 *
 * @param snapshots names of the snapshots that are the layer, the first {@link #MOST}
 * @param containers how many views and active snapshots are made on top of it
 * @param storeUses how often Podman and CRI-O use it, through the additional layer store
 */
public record LayerUse(List<String> snapshots, int containers, int storeUses) {
  /** More names than these would not help. */
  public static final int MOST = 16;

  /** No snapshot. */
  public static final LayerUse NONE = new LayerUse(List.of(), 0, 0);

  /** Copies the names, as many as are shown. */
  public LayerUse {
    snapshots = List.copyOf(snapshots.subList(0, Math.min(snapshots.size(), MOST)));
  }

  /** Returns this with one more snapshot that is the layer, and those on top of it. */
  public LayerUse and(String snapshot, int moreContainers) {
    var more = new ArrayList<>(snapshots);
    more.add(snapshot);
    return new LayerUse(more, containers + moreContainers, storeUses);
  }

  /** Returns this with another number of uses through the store. */
  public LayerUse withStoreUses(int count) {
    return new LayerUse(snapshots, containers, count);
  }
}
