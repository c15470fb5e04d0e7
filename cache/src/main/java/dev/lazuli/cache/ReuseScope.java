package dev.lazuli.cache;

/**
 * Between which layers chunks may be copied. A copy shows whoever may read the one layer what is in
 * the other, and that it is on this node.
 */
@FunctionalInterface
public interface ReuseScope {
  /** All layers: for stores whose users may read everything. */
  ReuseScope EVERYTHING = (_, _) -> true;

  /**
   * Returns whether everybody who may read {@code to} may also read {@code from}.
   *
   * @param from the layer that has a chunk
   * @param to the layer that lacks it
   */
  boolean mayCopy(LayerRecord from, LayerRecord to);
}
