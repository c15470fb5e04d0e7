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
 * @param retryInterval how often layers that could not be restored are tried again
 */
public record SnapshotterOptions(
    Path root, Path socket, Duration mountTimeout, Duration retryInterval) {
  private static final Duration RETRY_INTERVAL = Duration.ofSeconds(30);

  /** Makes options by which layers are tried again every 30 seconds. */
  public SnapshotterOptions(Path root, Path socket, Duration mountTimeout) {
    this(root, socket, mountTimeout, RETRY_INTERVAL);
  }

  /** Returns options with defaults: 30 seconds for a lazy mount. */
  public static SnapshotterOptions of(Path root, Path socket) {
    return new SnapshotterOptions(root, socket, Duration.ofSeconds(30));
  }
}
