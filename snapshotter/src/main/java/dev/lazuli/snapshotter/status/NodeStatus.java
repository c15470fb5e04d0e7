package dev.lazuli.snapshotter.status;

import java.time.Instant;
import java.util.List;

/**
 * What a daemon is doing.
 *
 * @param version Lazuli's version
 * @param pid the daemon's process
 * @param startedAt when it started
 * @param root where it keeps layers and snapshots
 * @param diskBytes disk space that layers take
 * @param quotaBytes disk space that they may take, 0 for no limit
 * @param layers the layers on this node
 */
public record NodeStatus(
    String version,
    long pid,
    Instant startedAt,
    String root,
    long diskBytes,
    long quotaBytes,
    List<LayerStatus> layers) {
  /** Copies the list. */
  public NodeStatus {
    layers = List.copyOf(layers);
  }
}
