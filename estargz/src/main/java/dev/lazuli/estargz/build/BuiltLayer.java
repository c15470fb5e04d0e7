package dev.lazuli.estargz.build;

import dev.lazuli.estargz.Sha256;
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
    Sha256 digest,
    long size,
    Sha256 diffId,
    long uncompressedSize,
    Sha256 tocDigest,
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
  public record ExternalToc(Sha256 digest, long size, Sha256 diffId) {}

  /** Copies the annotations. */
  public BuiltLayer {
    annotations = Map.copyOf(annotations);
  }
}
