package dev.lazuli.snapshotter.status;

import java.util.List;

/**
 * What a prune did, or would do.
 *
 * @param dryRun whether nothing was done
 * @param removedLayers digests of layers whose files are gone
 * @param freedBytes disk space of layers that came free; of a dry run the most that could
 * @param diskBytes disk space that layers take now
 * @param keptBytes of that, what cannot go: it is pinned, or mounted from disk
 */
public record PruneReport(
    boolean dryRun, List<String> removedLayers, long freedBytes, long diskBytes, long keptBytes) {
  /** Copies the list. */
  public PruneReport {
    removedLayers = List.copyOf(removedLayers);
  }
}
