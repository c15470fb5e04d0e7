package dev.lazuli.estargz.read;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.toc.LayerIndex;

/**
 * A layer that was read whole.
 *
 * @param blobDigest of the blob that was read; whoever uses the rest has compared it
 * @param diffId digest of the tar in it
 * @param index of what the tar unpacks to; its files' places are those of their content
 * @param dataSize of the data file in bytes, a multiple of 4096
 */
public record UnpackedLayer(
    Digest blobDigest, Digest diffId, Compression compression, LayerIndex index, long dataSize)
    implements AutoCloseable {
  /** Frees the index. */
  @Override
  public void close() {
    index.close();
  }
}
