package dev.lazuli.snapshotter.fetch.plan;

import java.util.LinkedHashMap;
import java.util.Map;

/** Has whole layers recorded as complete, again and again if need be. Guarded by the scheduler. */
final class Seals {
  /** After how long a layer that could not be recorded as complete is tried again. */
  static final long RETRY_NANOS = 5_000_000_000L;

  private final Effects effects;
  private final Map<LayerState, Long> retries = new LinkedHashMap<>();

  Seals(Effects effects) {
    this.effects = effects;
  }

  void sealIfWhole(LayerState layer) {
    if (!layer.isDetached() && layer.sealing() == LayerState.Sealing.NOT_YET && layer.isWhole()) {
      layer.sealing(LayerState.Sealing.AT_WORK);
      effects.add(new Effect.Seal(layer));
    }
  }

  /**
   * Sealing has ended. A layer that is whole but not sealed is tried again: there may be room in
   * the quota some day. One that has lost chunks meanwhile is whole again if they arrive.
   *
   * @param failed whether it failed, after which chunks may have to be proved before they count
   * @return whether chunks are to be fetched first
   */
  boolean ended(LayerState layer, boolean sealed, boolean failed, long now) {
    layer.sealing(sealed ? LayerState.Sealing.DONE : LayerState.Sealing.NOT_YET);
    if (sealed || layer.isDetached()) {
      return false;
    }
    if (failed || layer.isWhole()) {
      layer.sealing(LayerState.Sealing.AT_WORK);
      retries.put(layer, now + RETRY_NANOS);
      return false;
    }
    return true;
  }

  /** The layer was detached. */
  void forget(LayerState layer) {
    if (retries.remove(layer) != null) {
      layer.sealing(LayerState.Sealing.NOT_YET);
    }
  }

  void tick(long now) {
    retries
        .entrySet()
        .removeIf(
            retry -> {
              boolean due = retry.getValue() - now <= 0;
              if (due) {
                effects.add(new Effect.Seal(retry.getKey()));
              }
              return due;
            });
  }

  /** Returns whether a layer waits to be tried again. */
  boolean anyWaits() {
    return !retries.isEmpty();
  }
}
