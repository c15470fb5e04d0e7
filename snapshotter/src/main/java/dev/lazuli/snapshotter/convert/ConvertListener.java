package dev.lazuli.snapshotter.convert;

import dev.lazuli.registry.model.Descriptor;
import java.time.Duration;

/** Hears how a conversion goes on, from any thread, one call at a time for each layer. */
public interface ConvertListener {
  /** Says nothing. */
  ConvertListener NONE = new ConvertListener() {};

  /** Work on a layer has begun. */
  default void started(Descriptor layer) {}

  /** A layer is at its new place. */
  default void done(ConvertedLayer layer, Duration time) {}
}
