package dev.lazuli.snapshotter.layers;

import dev.lazuli.snapshotter.bulk.BulkOptions;
import dev.lazuli.snapshotter.layers.index.IndexOptions;
import dev.lazuli.snapshotter.proof.ProofOptions;
import dev.lazuli.snapshotter.waterfall.StartRecord;
import java.time.Duration;

/**
 * How layers are mounted and filled.
 *
 * @param backgroundFetch whether whole layers are fetched after their mount
 * @param backgroundDelay how long no reader must have missed anything before background fetch
 *     starts
 * @param prefetch whether landmarks and sizes are obeyed
 * @param prefetchBytes how much of a blob's head is fetched at once where neither the layer nor the
 *     client says so; 0 for none
 * @param headStartBytes how much of what an image's program needs to start is fetched at once, in
 *     bytes of blobs; 0 for nothing
 * @param allowUnverified whether a client's label may switch verification off
 * @param availabilityInterval how long a layer counts as available after it last was
 * @param indexes what the indexing of layers may take of the node
 * @param recordBytes memory for the record of what was fetched when; 0 for none
 * @param tenancy whose images are mounted, and with whom layers are shared
 * @param proof which layers are proved
 * @param bulk how layers without an index are pulled
 */
public record LayersOptions(
    boolean backgroundFetch,
    Duration backgroundDelay,
    boolean prefetch,
    long prefetchBytes,
    long headStartBytes,
    boolean allowUnverified,
    Duration availabilityInterval,
    IndexOptions indexes,
    long recordBytes,
    Tenancy tenancy,
    ProofOptions proof,
    BulkOptions bulk) {
  /** Background fetch after two quiet seconds, 60 seconds of availability, verified only. */
  public static final LayersOptions DEFAULT =
      new LayersOptions(
          true,
          Duration.ofSeconds(2),
          true,
          0,
          96L << 20,
          false,
          Duration.ofSeconds(60),
          IndexOptions.DEFAULT,
          StartRecord.DEFAULT_BYTES,
          Tenancy.DEFAULT,
          ProofOptions.DEFAULT,
          BulkOptions.DEFAULT);

  /** Checks the ranges. */
  public LayersOptions {
    if (prefetchBytes < 0
        || headStartBytes < 0
        || recordBytes < 0
        || backgroundDelay.isNegative()
        || availabilityInterval.isNegative()) {
      throw new IllegalArgumentException(
          ("prefetch of %d bytes, head start of %d, background delay %s," + " availability %s")
              .formatted(prefetchBytes, headStartBytes, backgroundDelay, availabilityInterval));
    }
  }

  /** Returns these options with or without background fetch. */
  public LayersOptions withBackgroundFetch(boolean on) {
    return withBackground(on, backgroundDelay);
  }

  /** Returns these options with background fetch that begins after another time. */
  public LayersOptions withBackgroundDelay(Duration delay) {
    return withBackground(backgroundFetch, delay);
  }

  private LayersOptions withBackground(boolean on, Duration delay) {
    return new LayersOptions(
        on,
        delay,
        prefetch,
        prefetchBytes,
        headStartBytes,
        allowUnverified,
        availabilityInterval,
        indexes,
        recordBytes,
        tenancy,
        proof,
        bulk);
  }

  /** Returns these options for other tenants. */
  public LayersOptions withTenancy(Tenancy other) {
    return with(allowUnverified, other, proof, bulk);
  }

  /** Returns these options with other proofs. */
  public LayersOptions withProof(ProofOptions other) {
    return with(allowUnverified, tenancy, other, bulk);
  }

  /** Returns these options with other ways to pull layers without an index. */
  public LayersOptions withBulk(BulkOptions other) {
    return with(allowUnverified, tenancy, proof, other);
  }

  /** Returns these options with labels heeded, or not, that switch verification off. */
  public LayersOptions withAllowUnverified(boolean allowed) {
    return with(allowed, tenancy, proof, bulk);
  }

  private LayersOptions with(
      boolean newAllowUnverified, Tenancy newTenancy, ProofOptions newProof, BulkOptions newBulk) {
    return new LayersOptions(
        backgroundFetch,
        backgroundDelay,
        prefetch,
        prefetchBytes,
        headStartBytes,
        newAllowUnverified,
        availabilityInterval,
        indexes,
        recordBytes,
        newTenancy,
        newProof,
        newBulk);
  }
}
