package dev.lazuli.snapshotter.fetch.plan;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * What was promised to others than readers: that a prefetch has ended, that chunks are there. Each
 * promise is kept, dropped or refused. Guarded by the scheduler.
 */
final class Promises {
  private final Effects effects;

  /** Layers with prefetch work that somebody may wait for. */
  private final Set<LayerState> prefetching = new LinkedHashSet<>();

  Promises(Effects effects) {
    this.effects = effects;
  }

  /** Promises the end of prefetch work; a range takes the place of the one before. */
  void prefetch(LayerState layer, LowWork work, boolean isRange) {
    if (isRange) {
      effects.add(new Effect.Dropped(layer.low().prefetch(work).done()));
    } else {
      layer.low().addList(work);
    }
    prefetching.add(layer);
  }

  /** Promises to tell when chunks are present. */
  void watch(LayerState layer, LayerState.Watch watch) {
    layer.watch(watch);
    arrived(layer, watch.from(), watch.to());
  }

  /** Promises nothing: the layer was detached. */
  void refuse(LayerState layer, CompletableFuture<Void> future) {
    effects.add(new Effect.Refused(future, FetchFailedException.detached(layer.chunks(), 0)));
  }

  /** Chunks may be present that somebody watches for. */
  void arrived(LayerState layer, int from, int to) {
    layer.takeSeen(from, to).forEach(watch -> effects.add(new Effect.Done(watch.seen())));
  }

  /** Prefetch work of the layer may have ended. */
  void tellDone(LayerState layer) {
    if (prefetching.contains(layer)) {
      layer.low().takeDone().forEach(work -> effects.add(new Effect.Done(work.done())));
      if (!layer.low().isPrefetching()) {
        prefetching.remove(layer);
      }
    }
  }

  void tick() {
    List.copyOf(prefetching).forEach(this::tellDone);
  }

  /** The layer was detached: drops what was promised of it. */
  void drop(LayerState layer) {
    prefetching.remove(layer);
    layer.low().dropPrefetch().forEach(work -> effects.add(new Effect.Dropped(work.done())));
    layer.takeWatches().forEach(watch -> effects.add(new Effect.Dropped(watch.seen())));
  }

  /** Returns whether somebody may wait for the end of prefetch work. */
  boolean anyPrefetch() {
    return !prefetching.isEmpty();
  }
}
