package dev.lazuli.estargz.read;

import dev.lazuli.digest.Digest;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Why a TOC may be believed. */
public sealed interface TocTrust {
  /** The SHA-256 of the TOC's uncompressed JSON is known. */
  record Json(Digest digest) implements TocTrust {}

  /** The SHA-256 of the TOC as it lies compressed in the blob is known. */
  record Compressed(Digest digest) implements TocTrust {}

  /**
   * The digest will be known later: whoever opens the layer compares {@link
   * dev.lazuli.estargz.toc.LayerIndex#tocDigest} before anybody sees its content. The TOC must give
   * a digest for every chunk, as a trusted one must.
   */
  record Deferred() implements TocTrust {}

  /** The TOC is believed without proof; only where configuration and label both ask for it. */
  record Unverified() implements TocTrust {}

  /** Names of the annotations that {@link #fromAnnotations} reads. */
  Set<String> ANNOTATIONS =
      Set.of(Annotations.TOC_DIGEST, Annotations.CONTAINERS_CHECKSUM, Annotations.STARGZ_CHECKSUM);

  /**
   * Returns the trust that a layer descriptor's annotations (or a snapshot's labels) give; empty if
   * they give none, that is, if the layer is not a lazy layer that could be verified.
   *
   * @throws IllegalArgumentException if an annotation is there but holds no SHA-256 digest
   */
  static Optional<TocTrust> fromAnnotations(Map<String, String> annotations) {
    var json = annotations.get(Annotations.TOC_DIGEST);
    if (json != null) {
      return Optional.of(new Json(Digest.parseSha256(json)));
    }
    return Annotations.either(
            annotations, Annotations.CONTAINERS_CHECKSUM, Annotations.STARGZ_CHECKSUM)
        .map(text -> new Compressed(Digest.parseSha256(text)));
  }
}
