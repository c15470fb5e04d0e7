package dev.lazuli.estargz.toc;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.LayerFormat;

/**
 * What {@link LayerIndexBuilder#build} needs to know besides the entries.
 *
 * @param areFilesPlaced whether files have their places in the data file already: the blob offset
 *     of each is then {@link ChunkCollector#PLACE_BIAS} behind its place
 */
public record LayerFacts(
    LayerFormat format,
    Digest tocDigest,
    Digest compressedTocDigest,
    long payloadEnd,
    boolean digestsRequired,
    boolean areFilesPlaced) {
  /** What is known of a layer whose files have no places yet. */
  public LayerFacts(
      LayerFormat format,
      Digest tocDigest,
      Digest compressedTocDigest,
      long payloadEnd,
      boolean digestsRequired) {
    this(format, tocDigest, compressedTocDigest, payloadEnd, digestsRequired, false);
  }
}
