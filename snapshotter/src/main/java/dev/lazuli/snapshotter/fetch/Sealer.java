package dev.lazuli.snapshotter.fetch;

import dev.lazuli.cache.LayerData;
import java.io.IOException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Records that layers are whole, each on a thread of its own: syncing what was written takes long.
 * Shares the scheduler's lock, which is held by whoever calls {@link #sealIfWhole}.
 */
final class Sealer {
  private static final long RETRY_NANOS = 5_000_000_000L;

  private final FetchListener listener;
  private final ReentrantLock lock;
  private final Condition changed;

  /**
   * Makes a sealer.
   *
   * @param changed signalled when a layer was closed, and here when sealing has ended
   */
  Sealer(FetchListener listener, ReentrantLock lock, Condition changed) {
    this.listener = listener;
    this.lock = lock;
    this.changed = changed;
  }

  /** Begins to seal the layer if all its chunks are present. */
  void sealIfWhole(FetchedLayer layer) {
    if (layer.closed || layer.sealing || layer.completed().isDone()) {
      return;
    }
    if (layer.data().presentCount() == layer.chunks().count()) {
      layer.sealing = true;
      Thread.ofVirtual().name("lazuli-fetch-seal").start(() -> seal(layer));
    }
  }

  private void seal(FetchedLayer layer) {
    boolean sealed = false;
    boolean again = true;
    while (again) {
      try (LayerData data = layer.data().share()) {
        sealed = data.seal();
        again = false;
      } catch (IOException e) {
        listener.sealFailed(layer.name(), e);
        again = mayTryAgain(layer);
      } catch (RuntimeException | Error e) {
        listener.unexpected("lazuli-fetch-seal", e);
        listener.sealFailed(layer.name(), new IOException("unexpected: " + e, e));
        again = mayTryAgain(layer);
      }
    }
    lock.lock();
    try {
      layer.sealing = false;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (sealed) {
      listener.layerComplete(layer.name());
      layer.completed().complete(null);
    }
  }

  /** A full disk has room again some day. */
  private boolean mayTryAgain(FetchedLayer layer) {
    long left = RETRY_NANOS;
    lock.lock();
    try {
      while (left > 0 && !layer.closed) {
        left = changed.awaitNanos(left);
      }
      return !layer.closed;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }
}
