package dev.lazuli.snapshotter.snapshots;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How to run the snapshots service.
 *
 * @param root directory for {@code snapshots.db} and {@code snapshots/}; made if missing
 * @param socket the unix socket to serve on; a stale one is replaced
 * @param mountTimeout how long a Prepare waits for a lazy mount before containerd is told to unpack
 *     the layer itself
 */
public record SnapshotterOptions(Path root, Path socket, Duration mountTimeout) {
  /** Returns options with defaults: 30 seconds for a lazy mount. */
  public static SnapshotterOptions of(Path root, Path socket) {
    return new SnapshotterOptions(root, socket, Duration.ofSeconds(30));
  }
}
