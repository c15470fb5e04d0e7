package dev.lazuli.snapshotter.layers;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.snapshotter.knowledge.IndexPublisher;
import dev.lazuli.snapshotter.knowledge.IndexSource;
import dev.lazuli.snapshotter.layers.index.ListedImage;
import dev.lazuli.snapshotter.start.ImageStart;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

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
  BlobSource blob(String reference, Digest digest, long size) throws IOException;

  /**
   * Returns what a manifest says of a layer's table of contents; empty if it says nothing, or this
   * origin has no manifests.
   *
   * @param manifestDigest of the manifest, or of an index that lists it: what was read is compared
   *     with it
   * @throws IOException if the manifest cannot be read, or does not list the layer
   */
  default Optional<TocTrust> toc(String reference, Digest manifestDigest, Digest layer)
      throws IOException {
    return Optional.empty();
  }

  /**
   * Returns the layers that the manifest of an image lists, from the bottom up; empty if the
   * request names no manifest or this origin has none.
   *
   * @throws IOException if the manifest cannot be read
   */
  default List<Digest> listed(LayerRequest request) throws IOException {
    return List.of();
  }

  /**
   * Returns what an image's configuration says of how its containers start; empty if this origin
   * has no configurations.
   *
   * @param manifestDigest of the manifest, or of an index that lists it; empty: whatever the
   *     reference leads to now
   * @throws IOException if manifest or configuration cannot be read
   */
  default Optional<ImageStart> start(String reference, Optional<Digest> manifestDigest)
      throws IOException {
    return Optional.empty();
  }

  /**
   * Returns the layers of whatever image a reference leads to now; empty if this origin has no
   * manifests.
   *
   * @throws IOException if manifest or configuration cannot be read, or say different things
   */
  default Optional<ListedImage> image(String reference) throws IOException {
    return Optional.empty();
  }

  /**
   * Returns the digest in an image's reference, if it names the image by one.
   *
   * @throws IOException if the reference is malformed
   */
  default Optional<Digest> digestIn(String reference) throws IOException {
    return Optional.empty();
  }

  /**
   * Returns the table of contents of a layer that is in another blob; empty if there is none.
   *
   * @throws IOException if that cannot be found out
   */
  default Optional<BlobSource> externalToc(String reference, Digest layer) throws IOException {
    return Optional.empty();
  }

  /**
   * Returns the digest of an image's manifest for this machine.
   *
   * @param manifestDigest of the manifest, or of an index that lists it
   * @throws IOException if it has to be read and cannot
   */
  default Digest imageManifest(String reference, Digest manifestDigest) throws IOException {
    return manifestDigest;
  }

  /**
   * Returns what a manifest says of a SOCI index; empty if it says nothing.
   *
   * @param manifestDigest of the manifest, or of an index that lists it
   * @throws IOException if the manifest cannot be read
   */
  default Optional<String> sociIndex(String reference, Digest manifestDigest) throws IOException {
    return Optional.empty();
  }

  /**
   * Returns those who may have indexes of layers whose images name none, the most trusted first.
   */
  default List<IndexSource> indexes() {
    return List.of();
  }

  /** Returns who makes known what this node learns of layers that it pulls whole. */
  default IndexPublisher publisher() {
    return IndexPublisher.NONE;
  }
}
