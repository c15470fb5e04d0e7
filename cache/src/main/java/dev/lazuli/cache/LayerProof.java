package dev.lazuli.cache;

import dev.lazuli.digest.Digest;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What reading a layer's whole blob has shown, once and for all: either its DiffID, which also
 * means that the blob has the layer's digest, that every chunk lies in its tar, and that the layer
 * shows the files of that tar, or what is wrong with it.
 *
 * @param diffId digest of the uncompressed tar; null if the layer lied
 * @param lie what is wrong, in one line; null if nothing is
 * @param isOtherBlob whether what is wrong is that each registry that was asked sent another blob:
 *     another image's may have the right one
 * @param at when this was found
 */
public record LayerProof(
    @Nullable Digest diffId, @Nullable String lie, boolean isOtherBlob, Instant at) {
  /** Checks that it is one of the two. */
  public LayerProof {
    if ((diffId == null) == (lie == null)) {
      throw new IllegalArgumentException("a proof with DiffID " + diffId + " and lie " + lie);
    }
  }

  /** Makes one of what was found in the right blob. */
  public LayerProof(@Nullable Digest diffId, @Nullable String lie, Instant at) {
    this(diffId, lie, /* isOtherBlob= */ false, at);
  }
}
