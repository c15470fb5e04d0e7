package dev.lazuli.snapshotter.containerd;

import dev.lazuli.registry.model.Descriptor;
import java.util.List;

/** Is told how a pull is going. Calls come from several threads, also at the same time. */
public interface PullListener {
  /** Says what the reference stands for: a manifest or an index. */
  default void resolved(Descriptor root) {}

  /** Says which layers the image has, bottom first; each is {@link LayerProgress#WAITING}. */
  default void layers(List<Descriptor> layers) {}

  /** Says that a layer is in another state now. */
  default void state(Descriptor layer, LayerProgress state) {}

  /** Says how many bytes of a layer's blob have been downloaded so far. */
  default void downloaded(Descriptor layer, long bytes) {}
}
