package dev.lazuli.snapshotter.knowledge;

import dev.lazuli.cache.LayerRecord;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import dev.lazuli.snapshotter.bulk.UnindexedLayer;
import java.io.IOException;
import java.util.Optional;

/**
 * A layer of which an index is wanted.
 *
 * @param reference the image's reference as the client wrote it
 * @param manifest digest of the image's manifest, or of an index that lists it
 * @param layer digest of the layer's blob
 * @param blob asks the image's own registry for the blob's size
 * @param soci what the image's manifest says of a SOCI index
 */
public record IndexQuery(
    String reference, Digest manifest, Digest layer, KeptIndexes.BlobSize blob, Named soci) {

  /**
   * Returns the record of the layer when it is made by an index from elsewhere.
   *
   * @param index digest of the index
   */
  public LayerRecord record(long blobBytes, Compression compression, Digest index) {
    return UnindexedLayer.record(layer, blobBytes, compression, index).withReference(reference);
  }

  /** A query of a layer whose image names no index. */
  public IndexQuery(String reference, Digest manifest, Digest layer, KeptIndexes.BlobSize blob) {
    this(reference, manifest, layer, blob, Optional::empty);
  }

  /** Looks up what an image's manifest says. */
  @FunctionalInterface
  public interface Named {
    /** Returns what it says, which need not make sense; empty if it says nothing. */
    Optional<String> ask() throws IOException;
  }
}
