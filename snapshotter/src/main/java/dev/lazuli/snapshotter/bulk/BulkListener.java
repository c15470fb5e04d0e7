package dev.lazuli.snapshotter.bulk;

import dev.lazuli.cache.LayerData;
import java.io.IOException;

/** Is told what became of pulls. Called by the threads that pull; must not wait. */
public interface BulkListener {
  /** Says that a layer is here. */
  void pulled(BulkProgress progress, long nanos);

  /** Shows a layer that was pulled just now; the handle stays the caller's. */
  default void stored(LayerData layer) {}

  /** Returns who notes something of layers while they are pulled. */
  default PullRecorder recorder() {
    return PullRecorder.NONE;
  }

  /** Says that a layer could not be pulled. */
  void failed(BulkProgress progress, IOException reason);
}
