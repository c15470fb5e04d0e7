package dev.lazuli.snapshotter.fetch.plan;

/**
 * Says who may have the next permit. Origins share them evenly: the one that holds the fewest gets
 * the next, and one may be taken from an origin that holds at least two more than the origin that
 * lacks one. So what was taken is never taken back. Within an origin, no layer goes on holding more
 * than half of all permits while others wait. Guarded by the scheduler.
 */
final class Shares {
  private final Permits permits;

  Shares(Permits permits) {
    this.permits = permits;
  }

  /** Returns how far behind others a waiting layer is, for what it and its origin hold; 0 first. */
  int rank(LayerState layer) {
    int ofLayer = layer.flights().count() >= permits.half() ? 1 : 0;
    return 2 * permits.takenBy(layer.origin()) + ofLayer;
  }

  /** Returns whether one of a layer's permits may be taken for another layer, which lacks one. */
  boolean isGreedy(LayerState layer, LayerState lacking) {
    if (layer.origin().equals(lacking.origin())) {
      int held = layer.flights().count();
      return held > permits.half() && held > lacking.flights().count() + 1;
    }
    return permits.takenBy(layer.origin()) > permits.takenBy(lacking.origin()) + 1;
  }

  /** Returns whether neither the layer nor another one of its origin has a permit. */
  boolean hasNone(LayerState layer) {
    return permits.takenBy(layer.origin()) == 0;
  }
}
