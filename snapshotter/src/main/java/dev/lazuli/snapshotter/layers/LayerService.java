package dev.lazuli.snapshotter.layers;

import dev.lazuli.bridge.erofs.ErofsMount;
import dev.lazuli.bridge.fuse.FuseSession;
import dev.lazuli.bridge.fuse.SessionOptions;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.LayerOpener;
import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.fetch.FetchOptions;
import dev.lazuli.snapshotter.fetch.FetchScheduler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens what layers need on this node (the store, the scheduler, the FUSE session, the mounters)
 * and closes it in reverse order.
 */
public final class LayerService implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LayerService.class);

  /**
   * What the service is made of.
   *
   * @param root where layers are kept and mounted
   * @param state where the FUSE session is mounted
   * @param choice how to mount
   * @param store how the store behaves
   * @param fetch how the scheduler behaves
   * @param layers how layers are filled
   */
  public record Setup(
      Path root,
      Path state,
      MountChoice choice,
      StoreOptions store,
      FetchOptions fetch,
      LayersOptions layers) {}

  private final Deque<AutoCloseable> parts;
  private final Layers layers;
  private final MountKind kind;

  private LayerService(Deque<AutoCloseable> parts, Layers layers, MountKind kind) {
    this.parts = parts;
    this.layers = layers;
    this.kind = kind;
  }

  /**
   * Opens the service. Mounts that a dead daemon left are detached first.
   *
   * @param origin where blobs come from; the caller's to close, after this service
   * @throws IOException if a part cannot be opened; the message says which and why
   */
  public static LayerService open(Setup setup, LayerOrigin origin, FetchListener listener)
      throws IOException {
    var parts = new ArrayDeque<AutoCloseable>();
    try {
      return open(setup, origin, listener, parts);
    } catch (IOException | RuntimeException e) {
      close(parts);
      throw e;
    }
  }

  private static LayerService open(
      Setup setup, LayerOrigin origin, FetchListener listener, Deque<AutoCloseable> parts)
      throws IOException {
    var mounts = setup.root().resolve("mounts");
    detachStale(mounts);
    var store = LayerStore.open(setup.root(), setup.store());
    parts.push(store);
    var scheduler = new FetchScheduler(setup.fetch(), Limits.DEFAULT, listener);
    parts.push(scheduler);
    var served = new ServedLayers();
    var fuse = Files.createDirectories(setup.state().resolve("fs"));
    var session = FuseSession.mount(fuse, served, served, SessionOptions.defaults());
    parts.push(session);
    var mounters = Mounters.choose(setup.choice(), mounts, session);
    var timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("lazuli-timer").factory());
    parts.push(timer::shutdownNow);
    var indexer =
        new LayerIndexer(store, new LayerOpener(Limits.DEFAULT), setup.layers().parallelIndexes());
    var layers =
        new Layers(
            new LayerParts(
                store,
                origin,
                indexer,
                scheduler,
                served,
                mounters.lazy(),
                mounters.local(),
                timer,
                setup.layers()));
    parts.push(layers);
    return new LayerService(parts, layers, mounters.lazy().kind());
  }

  private static void detachStale(Path mounts) throws IOException {
    if (!Files.isDirectory(mounts)) {
      return;
    }
    try (var left = Files.newDirectoryStream(mounts)) {
      for (var directory : left) {
        ErofsMount.unmount(directory);
        Files.deleteIfExists(directory);
      }
    }
  }

  /** Returns the node's layers. */
  public Layers layers() {
    return layers;
  }

  /** Returns how incomplete layers are mounted. */
  public MountKind kind() {
    return kind;
  }

  /** Unmounts everything, keeps what is stored. Idempotent. */
  @Override
  public void close() {
    close(parts);
  }

  private static void close(Deque<AutoCloseable> parts) {
    while (!parts.isEmpty()) {
      var part = parts.pop();
      try {
        part.close();
      } catch (Exception e) {
        log.warn("closing {}: {}", part.getClass().getSimpleName(), e.toString());
      }
    }
  }
}
