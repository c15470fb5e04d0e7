package dev.lazuli.snapshotter.layers.index;

import dev.lazuli.cache.LayerData;

/**
 * A layer as the store has it. Closing this closes the handle on it, unless the caller has
 * {@linkplain #take taken} it. Used by one thread.
 */
public final class IndexedLayer implements AutoCloseable {
  private final LayerData data;
  private final boolean asked;
  private boolean taken;

  /**
   * Takes ownership of a handle.
   *
   * @param asked whether the layer's registry has just answered
   */
  IndexedLayer(LayerData data, boolean asked) {
    this.data = data;
    this.asked = asked;
  }

  /** Returns the handle, which stays this object's. */
  public LayerData data() {
    return data;
  }

  public boolean asked() {
    return asked;
  }

  /** Returns the handle, which is the caller's to close from now on. */
  public LayerData take() {
    taken = true;
    return data;
  }

  @Override
  public void close() {
    if (!taken) {
      data.close();
    }
  }
}
