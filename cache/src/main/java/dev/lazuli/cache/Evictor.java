package dev.lazuli.cache;

import static java.lang.System.Logger.Level.WARNING;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Keeps the store within its quota. Whole layers nobody uses go first, those used longest ago
 * before others; then single chunks of incomplete layers in use that are not pinned, by second
 * chance: a chunk goes if nobody has read it since the last time around. One thread, which sleeps
 * while all is well.
 */
final class Evictor {
  private static final System.Logger LOG = System.getLogger(Evictor.class.getName());

  /** A full disk asks for 64 MiB at least. */
  private static final long PRESSURE_BYTES = 64L << 20;

  private final LayerStore store;
  private boolean awake;
  private boolean stopped;
  private boolean diskFull;

  Evictor(LayerStore store) {
    this.store = store;
  }

  /** Something grew beyond the quota, or, with {@code full}, beyond the disk. */
  synchronized void wake(boolean full) {
    awake = true;
    diskFull |= full;
    notifyAll();
  }

  synchronized void stop() {
    stopped = true;
    notifyAll();
  }

  /** The evictor's thread. */
  void run() {
    while (true) {
      long target = awaitWork();
      if (target < 0) {
        return;
      }
      try {
        shrinkTo(target);
      } catch (IOException e) {
        LOG.log(WARNING, "eviction", e);
      }
    }
  }

  /** Returns the bytes to shrink to, or -1 at the end. */
  private synchronized long awaitWork() {
    while (!awake && !stopped) {
      try {
        wait();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return -1;
      }
    }
    if (stopped) {
      return -1;
    }
    boolean full = diskFull;
    awake = false;
    diskFull = false;
    return full ? Math.max(0, store.usedBytes() - PRESSURE_BYTES) : lowWater();
  }

  /** Evicts a little below the quota, so that not every chunk starts it again. */
  private long lowWater() {
    long quota = store.options().quotaBytes();
    return quota == 0 ? Long.MAX_VALUE : quota - quota / 20;
  }

  /** Evicts until the store takes no more than {@code target} bytes or nothing is left to evict. */
  void shrinkTo(long target) throws IOException {
    if (store.usedBytes() <= target) {
      return;
    }
    for (StoredLayer layer : byLastUse()) {
      if (store.usedBytes() <= target) {
        return;
      }
      if (!layer.inUse() && store.removeIfUnused(layer)) {
        store.evicted(layer.countedBytes());
      }
    }
    if (store.options().puncher() != null) {
      for (int round = 0; round < 2; round++) {
        for (StoredLayer layer : byLastUse()) {
          shrink(layer, target);
        }
      }
    }
  }

  private void shrink(StoredLayer layer, long target) throws IOException {
    int steps = layer.chunkCount();
    for (int i = 0; i < steps && store.usedBytes() > target; i++) {
      if (!layer.evictNext()) {
        return;
      }
    }
  }

  private List<StoredLayer> byLastUse() {
    var layers = new ArrayList<>(store.stored());
    layers.sort(Comparator.comparing(StoredLayer::lastUsed));
    return layers;
  }
}
