package dev.lazuli.snapshotter.fetch;

/** A demand and the layer it is made of. */
record WaitingReader(LayerState layer, Demand demand) {
  /** Returns whether nobody has answered yet. */
  boolean isWaiting() {
    return layer.demands().contains(demand);
  }

  /** Returns the first chunk that is still missing; -1 if none is. */
  int nextMissing() {
    return layer.chunks().nextMissing(demand.from(), demand.to());
  }
}
