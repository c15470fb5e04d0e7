package dev.lazuli.snapshotter.fetch.plan;

/** A demand and the layer it is made of. */
public record WaitingReader(LayerState layer, Demand demand) {
  /** Returns whether the reader still waits for an answer. */
  boolean isWaiting() {
    return layer.demands().contains(demand);
  }

  /** Returns the first chunk that is still missing; -1 if none is. */
  int nextMissing() {
    return layer.chunks().nextMissing(demand.from(), demand.to());
  }
}
