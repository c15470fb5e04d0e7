package dev.lazuli.snapshotter.bulk;

import java.io.IOException;

/** Is told what became of pulls. Called by the threads that pull; must not wait. */
public interface BulkListener {
  /** Says that a layer is here. */
  void pulled(BulkProgress progress, long nanos);

  /** Says that a layer could not be pulled. */
  void failed(BulkProgress progress, IOException reason);
}
