package dev.lazuli.snapshotter.layers;

import dev.lazuli.estargz.BlobSource;
import java.io.IOException;

/** Where layer blobs come from: the node's registry client, or an OCI layout on this machine. */
@FunctionalInterface
public interface LayerOrigin {
  /**
   * Returns the blob to read by ranges. Nothing is contacted before its first use.
   *
   * @param reference the image's reference as the client wrote it
   * @param digest the blob's digest
   * @param size the blob's size in bytes, or -1 where it is not known yet
   * @throws IOException if the reference is malformed
   */
  BlobSource blob(String reference, String digest, long size) throws IOException;
}
