package dev.lazuli.snapshotter.fetch;

import dev.lazuli.cache.LayerData;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.Compression;
import dev.lazuli.snapshotter.fetch.plan.LayerState;
import dev.lazuli.snapshotter.fetch.plan.LinkEstimate;
import java.util.concurrent.CompletableFuture;

/** A layer in the scheduler's care: its files, its source, and its state. Thread-safe. */
final class AttachedLayer {
  private final LayerData data;
  private final BlobSource source;
  private final Compression compression;
  private final CacheChunkView view;
  private final LinkEstimate link;
  private final LayerState state;
  private final CompletableFuture<Void> completed = new CompletableFuture<>();
  private volatile int rangesAtOnce;

  /**
   * Attaches a layer.
   *
   * @param data becomes this layer's, closed by its owner when nothing works on it any more
   * @param link what is known of the source
   * @param maximumUnit most bytes that are fetched for a reader at once
   */
  AttachedLayer(
      LayerData data,
      BlobSource source,
      Compression compression,
      LinkEstimate link,
      long maximumUnit) {
    this.data = data;
    this.source = source;
    this.compression = compression;
    this.view = new CacheChunkView(data);
    this.link = link;
    learnRangesAtOnce();
    this.state =
        new LayerState(
            view, source.origin(), link, () -> rangesAtOnce, data.complete(), maximumUnit);
    if (data.complete()) {
      completed.complete(null);
    }
  }

  LayerData data() {
    return data;
  }

  BlobSource source() {
    return source;
  }

  Compression compression() {
    return compression;
  }

  CacheChunkView view() {
    return view;
  }

  LinkEstimate link() {
    return link;
  }

  /** Returns the layer's state, which is guarded by the scheduler's lock. */
  LayerState state() {
    return state;
  }

  /** Completes when the layer is recorded as complete. */
  CompletableFuture<Void> completed() {
    return completed;
  }

  String name() {
    return view.layer();
  }

  /** Returns how many ranges one request may have, as far as is known. */
  int rangesAtOnce() {
    return rangesAtOnce;
  }

  /** Asks the source how many ranges one request may have; not to be called under the lock. */
  void learnRangesAtOnce() {
    rangesAtOnce = Math.max(1, source.rangesAtOnce());
  }
}
