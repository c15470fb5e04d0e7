package dev.lazuli.snapshotter.snapshots;

import dev.lazuli.snapshotter.snapshots.SnapshotDirectories.Owner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * What a snapshot builds on, readable now.
 *
 * @param paths directories, nearest first, each only once
 * @param owner of the root that is seen through the snapshot
 */
record Lower(List<Path> paths, Owner owner) {
  /**
   * Finds the directories of some snapshots.
   *
   * <p>A layer that occurs several times counts where it is nearest: what its other occurrences
   * add, hide or make opaque it does again, later. Overlayfs refuses one directory twice.
   *
   * @param lineage nearest first
   */
  static Lower of(List<Snapshot> lineage, SnapshotDirectories directories, RemoteSnapshots remote)
      throws IOException {
    var layers = remote.readable(lineage.stream().filter(Snapshot::isRemote).toList()).iterator();
    var digests = new HashSet<String>();
    var paths = new ArrayList<Path>();
    for (var snapshot : lineage) {
      if (!snapshot.isRemote()) {
        paths.add(directories.of(snapshot).content());
        continue;
      }
      var layer = layers.next();
      if (digests.add(layer.digest())) {
        paths.add(layer.lowerDir());
      }
    }
    return new Lower(List.copyOf(paths), owner(lineage, directories));
  }

  /** No layer has a say in who owns the image's root: containerd ignores an entry for it. */
  private static Owner owner(List<Snapshot> lineage, SnapshotDirectories directories)
      throws IOException {
    return lineage.isEmpty() || lineage.getFirst().isRemote()
        ? Owner.ROOT
        : Owner.of(directories.of(lineage.getFirst()).content());
  }
}
