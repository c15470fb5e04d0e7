package dev.lazuli.estargz.read;

import dev.lazuli.estargz.DigestMismatchException;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.toc.LayerIndex;
import java.io.IOException;

/** Opens layers: finds the TOC by the footer, verifies it, and settles what it means. */
public final class LayerOpener {
  private final Limits limits;

  /** Makes an opener; it has no state of its own and is safe for any thread. */
  public LayerOpener(Limits limits) {
    this.limits = limits;
  }

  /**
   * Opens a layer with one or two range requests (one if the TOC is small or its position known).
   *
   * @return the layer's index, the caller's to close
   * @throws LayerFormatException if the blob is no lazy layer, or breaks its format or a limit
   * @throws DigestMismatchException if the TOC is not the one that is trusted
   * @throws IOException if the blob cannot be read
   */
  public LayerIndex open(OpenRequest request) throws IOException {
    if (request.layer().isEmpty()) {
      throw new IllegalArgumentException("no layer name");
    }
    throw new IOException("not readable yet: " + request.layer() + " within " + limits);
  }
}
