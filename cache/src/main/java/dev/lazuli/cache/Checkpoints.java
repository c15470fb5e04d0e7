package dev.lazuli.cache;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.WARNING;

import dev.lazuli.cache.chunks.SyncFailedException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Syncs every open layer from time to time, and deletes what could not be deleted before. */
final class Checkpoints implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Checkpoints.class.getName());

  /** A process that syncs for longer when it stops may be killed for that. */
  static final Duration LAST_SYNCS = Duration.ofSeconds(10);

  private final Catalog catalog;
  private final Trash trash;
  private final Duration interval;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread;

  private Checkpoints(Catalog catalog, Trash trash, Duration interval) {
    this.catalog = catalog;
    this.trash = trash;
    this.interval = interval;
    this.thread = Thread.ofVirtual().name("lazuli-cache-checkpoint").unstarted(this::run);
  }

  static Checkpoints start(Catalog catalog, Trash trash, Duration interval) {
    var checkpoints = new Checkpoints(catalog, trash, interval);
    checkpoints.thread.start();
    return checkpoints;
  }

  private void run() {
    try {
      while (!closing.await(interval.toNanos(), TimeUnit.NANOSECONDS)) {
        round();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void round() {
    for (StoredLayer layer : catalog.all()) {
      if (closing.getCount() == 0) {
        return;
      }
      sync(layer);
    }
    try {
      trash.retry();
    } catch (Throwable e) { // As above.
      LOG.log(ERROR, "what could not be deleted is left for the next round", e);
    }
  }

  private static void sync(StoredLayer layer) {
    try {
      layer.checkpoint();
    } catch (SyncFailedException e) {
      // Already counted and logged where the chunks became doubted.
    } catch (IOException e) {
      LOG.log(WARNING, "checkpoint of layer " + layer.record().digest(), e);
    } catch (Throwable e) { // Top of the thread: if it ended, nothing would be synced any more.
      LOG.log(ERROR, "checkpoint of layer " + layer.record().digest(), e);
    }
  }

  /** Syncs the layers that are open now; none is begun after {@link #LAST_SYNCS}. */
  void syncOpen() {
    long since = System.nanoTime();
    for (StoredLayer layer : catalog.all()) {
      if (System.nanoTime() - since > LAST_SYNCS.toNanos()) {
        LOG.log(WARNING, "not all layers were synced within " + LAST_SYNCS);
        return;
      }
      sync(layer);
    }
  }

  /** Ends after the layer that is being synced. */
  @Override
  public void close() {
    closing.countDown();
    Threads.join(thread);
  }
}
