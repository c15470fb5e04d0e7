package dev.lazuli.snapshotter.fetch.plan;

/**
 * Says who may have the next permit: while others wait for one, neither a layer nor an origin goes
 * on holding more than half of them. Guarded by the scheduler.
 */
final class Shares {
  private final Permits permits;

  Shares(Permits permits) {
    this.permits = permits;
  }

  /** Returns how far behind others a waiting layer is, for what it and its origin hold: 0 to 2. */
  int rank(LayerState layer) {
    if (layer.flights().count() >= permits.half()) {
      return 2;
    }
    return permits.takenBy(layer.origin()) >= permits.half() ? 1 : 0;
  }

  /** Returns whether one of a layer's permits may be taken for another layer, which lacks one. */
  boolean isGreedy(LayerState layer, LayerState lacking) {
    int half = permits.half();
    boolean byLayer = !layer.equals(lacking) && layer.flights().count() > half;
    boolean byOrigin =
        !layer.origin().equals(lacking.origin()) && permits.takenBy(layer.origin()) > half;
    return byLayer || byOrigin;
  }
}
