package dev.lazuli.snapshotter.status;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What one layer is doing.
 *
 * @param digest digest of the layer's blob
 * @param format what its index was made from, such as {@code estargz} or {@code zstd-chunked}
 * @param mount how new containers get it
 * @param presentBytes content that is on this node's disk and verified
 * @param sizeBytes content in all
 * @param blobBytes size of the blob at its registry, compressed
 * @param diskBytes what the layer takes on disk with all that belongs to it
 * @param fetch what is being done about missing content
 * @param bytesPerSecond compressed bytes that arrived per second, lately
 * @param claims how many hold the layer: snapshots, and whoever works on it just now
 * @param pinned whether somebody wants it kept, with {@code lazuli pin}
 * @param errors how many fetches or reads of it failed since the daemon started
 * @param lastError the newest of these failures
 * @param lastErrorAt when that was
 * @param images references of the images that brought it
 * @param snapshots names of the snapshots that are this layer, the first 16
 * @param containers how many views and active snapshots are made on top of it
 * @param storeUses how often Podman and CRI-O use it, through the additional layer store
 * @param proof whether it is known to be what its image says
 * @param proofReason why it is not, or not yet
 */
public record LayerStatus(
    String digest,
    String format,
    MountKind mount,
    long presentBytes,
    long sizeBytes,
    long blobBytes,
    long diskBytes,
    FetchState fetch,
    long bytesPerSecond,
    int claims,
    boolean pinned,
    long errors,
    Optional<String> lastError,
    Optional<Instant> lastErrorAt,
    List<String> images,
    List<String> snapshots,
    int containers,
    int storeUses,
    ProofState proof,
    Optional<String> proofReason) {
  /** Copies the lists and checks that no more is present than there is. */
  public LayerStatus {
    images = List.copyOf(images);
    snapshots = List.copyOf(snapshots);
    if (presentBytes < 0 || presentBytes > sizeBytes) {
      throw new IllegalArgumentException(
          digest + ": " + presentBytes + " of " + sizeBytes + " bytes present");
    }
  }

  /** Makes the status of a layer that will not be proved. */
  public LayerStatus(
      String digest,
      String format,
      MountKind mount,
      long presentBytes,
      long sizeBytes,
      long blobBytes,
      long diskBytes,
      FetchState fetch,
      long bytesPerSecond,
      int claims,
      boolean pinned,
      long errors,
      Optional<String> lastError,
      Optional<Instant> lastErrorAt,
      List<String> images,
      List<String> snapshots,
      int containers) {
    this(
        digest,
        format,
        mount,
        presentBytes,
        sizeBytes,
        blobBytes,
        diskBytes,
        fetch,
        bytesPerSecond,
        claims,
        pinned,
        errors,
        lastError,
        lastErrorAt,
        images,
        snapshots,
        containers,
        0,
        ProofState.SKIPPED,
        Optional.empty());
  }

  /** Returns whether nothing of the content is missing. */
  public boolean complete() {
    return presentBytes == sizeBytes;
  }

  /** Returns this with the snapshots that use the layer. */
  public LayerStatus withUse(LayerUse use) {
    return with(use.snapshots(), use.containers(), use.storeUses(), proof, proofReason);
  }

  /** Returns this with what is known of the layer's proof. */
  public LayerStatus withProof(ProofState state, Optional<String> reason) {
    return with(snapshots, containers, storeUses, state, reason);
  }

  private LayerStatus with(
      List<String> users, int started, int uses, ProofState state, Optional<String> reason) {
    return new LayerStatus(
        digest,
        format,
        mount,
        presentBytes,
        sizeBytes,
        blobBytes,
        diskBytes,
        fetch,
        bytesPerSecond,
        claims,
        pinned,
        errors,
        lastError,
        lastErrorAt,
        images,
        users,
        started,
        uses,
        state,
        reason);
  }
}
