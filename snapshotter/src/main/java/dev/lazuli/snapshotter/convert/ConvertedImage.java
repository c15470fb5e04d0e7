package dev.lazuli.snapshotter.convert;

import dev.lazuli.digest.Digest;
import java.util.List;
import java.util.Optional;

/**
 * A converted image.
 *
 * @param name its whole name
 * @param digest of its manifest or index
 * @param layers what became of its layers, each once, in no particular order
 * @param tocImage name of the image with its external TOCs, if there is one
 */
public record ConvertedImage(
    String name, Digest digest, List<ConvertedLayer> layers, Optional<String> tocImage) {
  /** Copies the layers. */
  public ConvertedImage {
    layers = List.copyOf(layers);
  }
}
