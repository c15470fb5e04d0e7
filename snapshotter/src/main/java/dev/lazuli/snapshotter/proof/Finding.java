package dev.lazuli.snapshotter.proof;

import dev.lazuli.cache.LayerProof;
import dev.lazuli.digest.Digest;
import java.util.Optional;

/**
 * What is known of a layer whose whole blob was read.
 *
 * @param diffId digest of its tar, if the layer is what its digest and its table of contents say
 * @param lie otherwise what is wrong with it, in one line
 * @param isAboutRegistries whether only the registries that were asked are known to lie: another
 *     image's may have the right blob, so the layer and its table of contents can still be true
 */
public record Finding(Optional<Digest> diffId, Optional<String> lie, boolean isAboutRegistries) {
  /** Makes one of the layer's right blob. */
  public Finding(Optional<Digest> diffId, Optional<String> lie) {
    this(diffId, lie, /* isAboutRegistries= */ false);
  }

  /** Returns what a layer's record says. */
  public static Finding of(LayerProof proof) {
    return new Finding(
        Optional.ofNullable(proof.diffId()), Optional.ofNullable(proof.lie()), proof.isOtherBlob());
  }

  /**
   * Returns why the layer is not the one that a snapshot stands for; empty if it is.
   *
   * @param chainId the chain ID that the snapshot was made for
   * @param below the chain ID of what it stands on, empty for nothing
   */
  public Optional<String> lieAbout(String chainId, String below) {
    if (lie.isPresent()) {
      return lie;
    }
    var actual = ChainId.of(below, diffId.orElseThrow().toString());
    return actual.equals(chainId)
        ? Optional.empty()
        : Optional.of(
            "its tar is %s, which makes chain ID %s and not %s"
                .formatted(diffId.orElseThrow(), actual, chainId));
  }
}
