package dev.lazuli.snapshotter.fetch.plan;

/** A demand and the layer it is made of. */
public record WaitingReader(LayerState layer, Demand demand) {
  /** Returns whether nobody has answered yet. */
  boolean isWaiting() {
    return layer.demands().contains(demand);
  }

  /** Returns the first chunk that is still missing; -1 if none is. */
  int nextMissing() {
    return layer.chunks().nextMissing(demand.from(), demand.to());
  }
}
