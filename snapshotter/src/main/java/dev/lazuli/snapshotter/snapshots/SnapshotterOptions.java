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
 * @param pullTimeout how long a Prepare waits for a layer that is pulled whole
 */
public record SnapshotterOptions(
    Path root, Path socket, Duration mountTimeout, Duration retryInterval, Duration pullTimeout) {
  private static final Duration RETRY_INTERVAL = Duration.ofSeconds(30);
  private static final Duration PULL_TIMEOUT = Duration.ofMinutes(30);

  /** Makes options by which a layer may be pulled for half an hour. */
  public SnapshotterOptions(Path root, Path socket, Duration mountTimeout, Duration retryInterval) {
    this(root, socket, mountTimeout, retryInterval, PULL_TIMEOUT);
  }

  /** Makes options by which layers are tried again every 30 seconds. */
  public SnapshotterOptions(Path root, Path socket, Duration mountTimeout) {
    this(root, socket, mountTimeout, RETRY_INTERVAL);
  }

  /** Returns these options with another time for layers that are pulled whole. */
  public SnapshotterOptions withPullTimeout(Duration timeout) {
    return new SnapshotterOptions(root, socket, mountTimeout, retryInterval, timeout);
  }

  /** Returns options with defaults: 30 seconds for a lazy mount. */
  public static SnapshotterOptions of(Path root, Path socket) {
    return new SnapshotterOptions(root, socket, Duration.ofSeconds(30));
  }
}
