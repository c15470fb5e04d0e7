package dev.lazuli.snapshotter.status;

import java.util.List;
import java.util.Optional;

/**
 * What one layer is doing.
 *
 * @param digest digest of the layer's blob
 * @param format what its index was made from, such as {@code estargz} or {@code zstd:chunked}
 * @param mount how it is mounted
 * @param presentBytes content that is on this node's disk and verified
 * @param sizeBytes content in all
 * @param bytesPerSecond content that arrived per second, lately
 * @param claims how many snapshots hold the layer
 * @param pinned whether it is exempt from eviction
 * @param errors how many fetches or reads of it failed since the daemon started
 * @param lastError the newest of these failures
 * @param images references of the images that brought it
 */
public record LayerStatus(
    String digest,
    String format,
    MountKind mount,
    long presentBytes,
    long sizeBytes,
    long bytesPerSecond,
    int claims,
    boolean pinned,
    long errors,
    Optional<String> lastError,
    List<String> images) {
  /** Copies the list and checks that no more is present than there is. */
  public LayerStatus {
    images = List.copyOf(images);
    if (presentBytes < 0 || presentBytes > sizeBytes) {
      throw new IllegalArgumentException(
          digest + ": " + presentBytes + " of " + sizeBytes + " bytes present");
    }
  }

  /** Returns the present part of the content in percent, rounded down: 100 means complete. */
  public int percent() {
    return sizeBytes == 0 ? 100 : (int) Math.floorDiv(presentBytes * 100, sizeBytes);
  }
}
