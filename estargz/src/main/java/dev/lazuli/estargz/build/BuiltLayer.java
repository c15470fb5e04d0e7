package dev.lazuli.estargz.build;

import dev.lazuli.digest.Digest;
import java.util.Map;
import java.util.Optional;

/**
 * A layer that was written.
 *
 * @param digest of the blob
 * @param size of the blob in bytes
 * @param diffId digest of the tar that the blob decompresses to
 * @param uncompressedSize its size in bytes
 * @param tocDigest digest of the TOC's JSON
 * @param mediaType the OCI media type
 * @param annotations of the layer's descriptor, as lazy pullers want them
 * @param externalToc the blob with the TOC, if it is not in the layer
 * @param unprioritized why no files were put first, if some should be
 */
public record BuiltLayer(
    Digest digest,
    long size,
    Digest diffId,
    long uncompressedSize,
    Digest tocDigest,
    String mediaType,
    Map<String, String> annotations,
    Optional<ExternalToc> externalToc,
    Optional<String> unprioritized) {

  /**
   * A TOC that is a blob of its own: a layer of an image that only holds TOCs.
   *
   * @param digest of the blob
   * @param size of the blob in bytes
   * @param diffId digest of the tar that it decompresses to
   */
  public record ExternalToc(Digest digest, long size, Digest diffId) {}

  /** Copies the annotations. */
  public BuiltLayer {
    annotations = Map.copyOf(annotations);
  }
}
