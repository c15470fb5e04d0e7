package dev.lazuli.snapshotter.snapshots;

import java.nio.file.Path;

/**
 * {@code snapshots/<id>}: what was written in a snapshot, and overlayfs's working directory beside
 * it.
 */
record SnapshotDirectory(Path path) {
  Path content() {
    return path.resolve("fs");
  }

  Path work() {
    return path.resolve("work");
  }

  /** Stands for a parent that is not known yet. */
  Path nothing() {
    return path.resolve("nothing");
  }
}
