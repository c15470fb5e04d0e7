package dev.lazuli.cache;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the store within its quota. Whole layers that nobody uses go first, the least recently used
 * before others; then single chunks of incomplete layers in use that are not pinned, by second
 * chance: a chunk goes if nobody has read it since the last time around. One thread, which sleeps
 * while there is nothing to do and ends only when it is told to.
 */
final class Evictor {
  private static final System.Logger LOG = System.getLogger(Evictor.class.getName());

  /** A full disk asks for 64 MiB at least. */
  private static final long PRESSURE_BYTES = 64L << 20;

  /** After a pass that has not freed enough. */
  private static final long PAUSE_MILLIS = 1000;

  private static final long SAY_AGAIN_NANOS = TimeUnit.MINUTES.toNanos(10);

  /** Removes a layer nobody uses, with all its bytes. */
  @FunctionalInterface
  interface Remover {
    /** Returns whether it was removed. */
    boolean removeIfUnused(StoredLayer layer) throws IOException;
  }

  private final Catalog catalog;
  private final StoreOptions options;
  private final DiskUsage usage;
  private final Pressure pressure;
  private final Remover remover;
  private boolean fellShort;
  private long saidAt = System.nanoTime() - SAY_AGAIN_NANOS;

  @GuardedBy("this")
  private @Nullable Thread thread;

  Evictor(
      Catalog catalog, StoreOptions options, DiskUsage usage, Pressure pressure, Remover remover) {
    this.catalog = catalog;
    this.options = options;
    this.usage = usage;
    this.pressure = pressure;
    this.remover = remover;
  }

  /**
   * Starts to evict, unless that was done before.
   *
   * @param surveying what is stored is not counted before this has ended
   */
  synchronized void start(Thread surveying) {
    if (thread == null) {
      thread =
          Thread.ofVirtual()
              .name("lazuli-cache-evictor")
              .start(
                  () -> {
                    Threads.join(surveying);
                    run();
                  });
    }
  }

  /** Waits until the thread has ended, which the pressure's end makes it do. */
  void join() {
    Thread started;
    synchronized (this) {
      started = thread;
    }
    Threads.join(started);
  }

  private void run() {
    while (true) {
      Pressure.Call call = pressure.await(usage::overQuota, fellShort ? PAUSE_MILLIS : 0);
      if (call == Pressure.Call.STOP) {
        return;
      }
      try {
        long target = target(call);
        shrinkTo(target);
        note(usage.stayingBytes() > target, call);
      } catch (Throwable e) { // Top of the thread: if it ended, nothing would enforce the quota.
        LOG.log(ERROR, "eviction", e);
        fellShort = true;
      }
    }
  }

  private long target(Pressure.Call call) {
    return call == Pressure.Call.DISK
        ? Math.max(0, Math.min(usage.stayingBytes() - PRESSURE_BYTES, lowWater()))
        : lowWater();
  }

  /** Evicts a little below the quota, so that not every chunk starts it again. */
  private long lowWater() {
    long quota = options.quotaBytes();
    return quota == 0 ? Long.MAX_VALUE : quota - quota / 20;
  }

  private void note(boolean tooMuch, Pressure.Call call) {
    boolean wasShort = fellShort;
    fellShort = tooMuch;
    if (call == Pressure.Call.DISK) {
      return;
    }
    if (!usage.overQuota()) {
      if (wasShort) {
        LOG.log(INFO, "layers take {0} bytes, which is within the quota again", used());
      }
    } else if (System.nanoTime() - saidAt >= SAY_AGAIN_NANOS) {
      saidAt = System.nanoTime();
      LOG.log(
          WARNING,
          "layers take {0} bytes, the quota is {1}: the rest is in use or pinned and cannot be"
              + " evicted",
          used(),
          options.quotaBytes());
    }
  }

  private String used() {
    return Long.toString(usage.stayingBytes());
  }

  /** Evicts until the store takes no more than {@code target} bytes or nothing is left to evict. */
  void shrinkTo(long target) {
    for (StoredLayer layer : catalog.byLastUse()) {
      if (usage.stayingBytes() <= target) {
        return;
      }
      remove(layer);
    }
    for (int round = 0; round < 2 && options.puncher() != null; round++) {
      for (StoredLayer layer : catalog.byLastUse()) {
        shrink(layer, target);
      }
    }
  }

  private void remove(StoredLayer layer) {
    try {
      if (!layer.inUse() && remover.removeIfUnused(layer)) {
        usage.evicted(layer.countedBytes());
      }
    } catch (IOException e) {
      LOG.log(WARNING, "removing layer " + layer.record().digest(), e);
    }
  }

  private void shrink(StoredLayer layer, long target) {
    try {
      int steps = layer.chunkCount();
      for (int i = 0; i < steps && usage.stayingBytes() > target; i++) {
        if (!layer.evictNext()) {
          return;
        }
      }
    } catch (IOException e) {
      LOG.log(WARNING, "evicting chunks of layer " + layer.record().digest(), e);
    }
  }
}
