package dev.lazuli.snapshotter.bulk;

import dev.lazuli.cache.LayerRecord;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import org.jspecify.annotations.Nullable;

/** How the store records a layer whose image names no index of it. */
public final class UnindexedLayer {
  /** The format of such layers, as their records have it. */
  public static final String FORMAT = "TAR";

  private static final long NO_PREFETCH = -1;

  private UnindexedLayer() {}

  /**
   * Returns the record of such a layer.
   *
   * @param blobBytes size of its blob
   * @param compression of the blob; {@link Compression#NONE} if it was pulled whole
   * @param index digest of the index from elsewhere by which it was made; null for none
   */
  public static LayerRecord record(
      Digest layer, long blobBytes, Compression compression, @Nullable Digest index) {
    return LayerRecord.of(layer, blobBytes, FORMAT, compression.name(), index, NO_PREFETCH);
  }
}
