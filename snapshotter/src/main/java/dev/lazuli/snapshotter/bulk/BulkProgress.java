package dev.lazuli.snapshotter.bulk;

import dev.lazuli.digest.Digest;

/**
 * How far a pull is.
 *
 * @param digest of the layer
 * @param reference the image that brought it
 * @param blobBytes of the whole blob; 0 while that is not known
 * @param arrivedBytes of the blob, in order
 * @param writtenBytes of files' contents
 * @param isRunning false while it waits for its turn
 */
public record BulkProgress(
    Digest digest,
    String reference,
    long blobBytes,
    long arrivedBytes,
    long writtenBytes,
    boolean isRunning) {}
