package dev.lazuli.snapshotter.layers;

import dev.lazuli.bridge.erofs.ErofsMount;
import dev.lazuli.bridge.fuse.FuseSession;
import dev.lazuli.bridge.fuse.Keeper;
import dev.lazuli.bridge.fuse.SessionOptions;
import dev.lazuli.bridge.kernel.MountPoints;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.LayerOpener;
import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.fetch.FetchOptions;
import dev.lazuli.snapshotter.fetch.FetchScheduler;
import dev.lazuli.snapshotter.status.MountKind;
import dev.lazuli.snapshotter.waterfall.StartRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens what layers need on this node (the store, the scheduler, the FUSE session, the mounters)
 * and closes it in reverse order.
 */
public final class LayerService implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LayerService.class);

  /** When restoring is long over, and what nobody claimed is nobody's. */
  private static final int SETTLE_MINUTES = 10;

  /** When what is going to be restored at once has been: only then is anything unused. */
  private static final int RESTORE_SECONDS = 60;

  /**
   * What the service is made of.
   *
   * @param root where layers are kept and mounted
   * @param state where the FUSE session is mounted
   * @param choice how to mount
   * @param store how the store behaves
   * @param fetch how the scheduler behaves
   * @param layers how layers are filled
   * @param keeperPatience how long readers wait for the next daemon after this one; empty: they get
   *     errors at once, and nothing is left mounted
   */
  public record Setup(
      Path root,
      Path state,
      MountChoice choice,
      StoreOptions store,
      FetchOptions fetch,
      LayersOptions layers,
      Optional<Duration> keeperPatience) {}

  private final Deque<AutoCloseable> parts;
  private final LayerStore store;
  private final Layers layers;
  private final ServedLayers served;
  private final MountKind kind;
  private final boolean kept;

  private LayerService(
      Deque<AutoCloseable> parts,
      LayerStore store,
      Layers layers,
      ServedLayers served,
      MountKind kind,
      boolean kept) {
    this.parts = parts;
    this.store = store;
    this.layers = layers;
    this.served = served;
    this.kind = kind;
    this.kept = kept;
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
    var mounts = Files.createDirectories(setup.root().resolve("mounts")).toRealPath();
    var store =
        LayerStore.open(setup.root(), setup.store().withPuncher(DiskSpace.puncher(setup.root())));
    parts.push(store);
    boolean nothingStored = store.list().isEmpty();
    var activity = new LayerActivity();
    var record = new StartRecord(setup.layers().recordBytes());
    var listeners = new Listeners(record, new Listeners(activity, listener));
    var scheduler = new FetchScheduler(setup.fetch(), Limits.DEFAULT, listeners);
    parts.push(scheduler);
    var served = new ServedLayers();
    var fuse = Files.createDirectories(setup.state().resolve("fs")).toRealPath();
    var mounters = Mounters.choose(setup.choice(), mounts, fuse);
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
                activity,
                record,
                mounters.lazy(),
                mounters.local(),
                timer,
                setup.layers()));
    var session = session(setup, layers, served, fuse, mounts);
    served.servedBy(session);
    parts.push(session);
    parts.push(layers);
    var _ =
        timer.scheduleWithFixedDelay(
            layers::settle, SETTLE_MINUTES, SETTLE_MINUTES, TimeUnit.MINUTES);
    if (nothingStored || session.wasResumed()) {
      store.enforceQuota();
    } else {
      var _ = timer.schedule(store::enforceQuota, RESTORE_SECONDS, TimeUnit.SECONDS);
    }
    return new LayerService(
        parts, store, layers, served, mounters.lazy().kind(), setup.keeperPatience().isPresent());
  }

  /**
   * Takes a former daemon's session over with the layers mounted on it, or starts a new one where
   * nothing of the kind can be had. The layers are there before the first request that waits.
   */
  private static FuseSession session(
      Setup setup, Layers layers, ServedLayers served, Path fuse, Path mounts) throws IOException {
    if (setup.keeperPatience().isEmpty()) {
      detachStale(mounts);
      return FuseSession.mount(fuse, served, served, SessionOptions.defaults());
    }
    if (MountPoints.read().anyBelow(fuse)) {
      layers.adoptAll();
    } else {
      detachStale(mounts);
    }
    var keeper = Keeper.of(System.getenv(), setup.state(), setup.keeperPatience().get());
    var session =
        FuseSession.resumeOrMount(fuse, served, served, SessionOptions.defaults(), keeper);
    if (!session.wasResumed()) {
      layers.close();
      detachStale(mounts);
    }
    return session;
  }

  private static void detachStale(Path mounts) throws IOException {
    try (var left = Files.newDirectoryStream(mounts)) {
      for (var directory : left) {
        ErofsMount.unmount(directory);
        Files.deleteIfExists(directory);
      }
    }
  }

  /**
   * Stops serving but leaves every mount, and the requests that come from now on, to the next
   * daemon; what is stored is synced. The process is to end after this. Without a keeper this is
   * {@link #close}.
   */
  public void handOver() {
    if (!kept) {
      close();
      return;
    }
    served.suspend();
    parts.removeIf(part -> part instanceof FuseSession || part instanceof Layers);
    close(parts);
  }

  /** Returns the node's layers. */
  public Layers layers() {
    return layers;
  }

  /** Returns the bytes of disk that all stored layers take. */
  public long diskBytes() {
    return store.usedBytes();
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
