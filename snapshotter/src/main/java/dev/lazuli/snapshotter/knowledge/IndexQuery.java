package dev.lazuli.snapshotter.knowledge;

import dev.lazuli.digest.Digest;

/**
 * A layer of which an index is wanted.
 *
 * @param reference the image's reference as the client wrote it
 * @param manifest digest of the image's manifest, or of an index that lists it
 * @param layer digest of the layer's blob
 * @param blob asks the image's own registry for the blob's size
 */
public record IndexQuery(
    String reference, Digest manifest, Digest layer, KeptIndexes.BlobSize blob) {}
