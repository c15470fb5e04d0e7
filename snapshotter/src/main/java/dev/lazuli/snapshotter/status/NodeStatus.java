package dev.lazuli.snapshotter.status;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a daemon is doing.
 *
 * @param version Lazuli's version
 * @param pid the daemon's process
 * @param startedAt when it started
 * @param root where it keeps layers and snapshots
 * @param noLazyMounts why this daemon mounts nothing lazily; empty if it does
 * @param warnings what an operator should know that is not as it could be
 * @param diskBytes disk space that layers take
 * @param quotaBytes disk space that they may take, 0 for no limit
 * @param use what the daemon takes of the node
 * @param images the images on this node that have lazy layers
 * @param layers the layers on this node
 * @param troubles layers that could not be mounted lazily or restored, the newest first
 */
public record NodeStatus(
    String version,
    long pid,
    Instant startedAt,
    String root,
    Optional<String> noLazyMounts,
    List<String> warnings,
    long diskBytes,
    long quotaBytes,
    NodeUse use,
    List<ImageStatus> images,
    List<LayerStatus> layers,
    List<Trouble> troubles) {
  /** Copies the lists. */
  public NodeStatus {
    warnings = List.copyOf(warnings);
    images = List.copyOf(images);
    layers = List.copyOf(layers);
    troubles = List.copyOf(troubles);
  }
}
