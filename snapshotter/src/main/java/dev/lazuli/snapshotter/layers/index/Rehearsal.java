package dev.lazuli.snapshotter.layers.index;

import dev.lazuli.bridge.erofs.ErofsImage;
import dev.lazuli.bridge.kernel.ThreadPriority;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.read.TocTrust;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Indexes a made-up layer once, in a store of its own, so that the code of a pull has been run and
 * compiled before the first one comes. Runs on a thread of the lowest priority and keeps nothing:
 * what it has on disk and in memory is gone when it ends. Whatever goes wrong, nothing else is
 * affected.
 */
public final class Rehearsal implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Rehearsal.class);
  private static final String NAME = "rehearsal";

  /** How long {@link #close} waits; what is left then is removed by the next rehearsal. */
  private static final long CLOSE_MILLIS = 1000;

  private final Path directory;
  private final Thread thread;
  private volatile boolean succeeded;

  private Rehearsal(Path directory) {
    this.directory = directory;
    this.thread = Thread.ofPlatform().daemon().name("lazuli-" + NAME).unstarted(this::run);
  }

  /**
   * Starts one.
   *
   * @param state a directory, preferably on a file system in memory; the rehearsal's is below it
   */
  public static Rehearsal start(Path state) {
    var rehearsal = new Rehearsal(state.resolve(NAME));
    rehearsal.thread.start();
    return rehearsal;
  }

  private void run() {
    long began = System.nanoTime();
    try {
      ThreadPriority.leastForThisThread();
      remove(directory); // A daemon that was killed may have left it.
      index(directory);
      succeeded = true;
      log.debug("rehearsed a pull in {} ms", (System.nanoTime() - began) / 1_000_000);
    } catch (IOException | RuntimeException e) {
      log.debug("no rehearsal: {}", e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      removeQuietly();
    }
  }

  private static void index(Path directory) throws IOException, InterruptedException {
    var options = StoreOptions.defaults().withReuseEntries(0).withReserve(0);
    var digest = Digest.ofSha256(Digest.newSha256().digest());
    try (var store = LayerStore.open(directory, options);
        var indexer = new LayerIndexer(store, IndexOptions.DEFAULT);
        var layer = indexer.index(digest, NAME, new RehearsalLayer(), new TocTrust.Deferred());
        var image = ErofsImage.open(layer.data().metaPath())) {
      log.trace("{} inodes", image.inodeCount());
    }
  }

  private void removeQuietly() {
    try {
      remove(directory);
    } catch (IOException e) {
      log.debug("{} is left: {}", directory, e.toString());
    }
  }

  private static void remove(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (var files = Files.walk(directory)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  /** Waits until the rehearsal has ended by itself; returns whether it did its work. */
  boolean await() throws InterruptedException {
    thread.join();
    return succeeded;
  }

  /** Ends the rehearsal, however far it has come. */
  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join(CLOSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
