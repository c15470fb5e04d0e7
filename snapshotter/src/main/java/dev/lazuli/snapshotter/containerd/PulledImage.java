package dev.lazuli.snapshotter.containerd;

import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageReference;
import java.util.List;

/**
 * An image that containerd can make containers of.
 *
 * @param target the manifest or index that its name stands for
 * @param chainId name of the topmost snapshot
 * @param layers how each layer came, bottom first
 */
public record PulledImage(
    ImageReference reference, Descriptor target, String chainId, List<LayerProgress> layers) {
  /** Copies the list. */
  public PulledImage {
    layers = List.copyOf(layers);
  }
}
