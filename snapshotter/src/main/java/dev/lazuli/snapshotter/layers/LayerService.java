package dev.lazuli.snapshotter.layers;

import dev.lazuli.bridge.erofs.ServedBlobs;
import dev.lazuli.bridge.fuse.FuseSession;
import dev.lazuli.bridge.fuse.FuseSession.StorePlace;
import dev.lazuli.bridge.kernel.MountPoints;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.estargz.Limits;
import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.fetch.FetchScheduler;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import dev.lazuli.snapshotter.layers.index.LayerIndexer;
import dev.lazuli.snapshotter.layers.serve.MountChoice;
import dev.lazuli.snapshotter.layers.serve.MountDirectories;
import dev.lazuli.snapshotter.layers.serve.Mounters;
import dev.lazuli.snapshotter.layers.serve.ServedLayers;
import dev.lazuli.snapshotter.proof.Courtesy;
import dev.lazuli.snapshotter.proof.Proofs;
import dev.lazuli.snapshotter.start.FollowedStarts;
import dev.lazuli.snapshotter.status.MountKind;
import dev.lazuli.snapshotter.waterfall.FlightEvents;
import dev.lazuli.snapshotter.waterfall.StartRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens what layers need on this node (the store, the scheduler, the FUSE session, the mounters)
 * and closes it in reverse order.
 */
public final class LayerService implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LayerService.class);

  /** By then restoring is long over, and what is still unclaimed can be removed. */
  private static final int SETTLE_MINUTES = 10;

  /** When what is going to be restored at once has been: only then is anything unused. */
  private static final int RESTORE_SECONDS = 60;

  private static final long PROOF_WAIT_MILLIS = 1000;
  private static final Duration PROOF_RETRY = Duration.ofSeconds(10);

  /**
   * What the service is made of.
   *
   * @param root where layers are kept and mounted
   * @param state where the FUSE session is mounted
   * @param choice how to mount
   * @param store how the store behaves
   * @param fetch how the scheduler behaves
   * @param layers how layers are filled
   * @param keeping how the session is left to the next daemon; empty: it is not, readers get errors
   *     at once and nothing is left mounted
   * @param shown an additional layer store that is shown besides
   */
  public record Setup(
      Path root,
      Path state,
      MountChoice choice,
      StoreOptions store,
      FetchOptions fetch,
      LayersOptions layers,
      Optional<Keeping> keeping,
      Optional<StorePlace> shown) {
    /** Returns this with an additional layer store, if there is to be one. */
    public Setup withShown(Optional<StorePlace> place) {
      return new Setup(root, state, choice, store, fetch, layers, keeping, place);
    }
  }

  private final Setup setup;
  private final Deque<AutoCloseable> parts;
  private final LayerStore store;
  private final Layers layers;
  private final FetchScheduler scheduler;
  private final ServedLayers served;
  private final Mounters mounters;
  private final ScheduledExecutorService timer;
  private final MountDirectories mounts;
  private final Path fuse;
  private boolean followsAnother;
  private volatile @Nullable FuseSession session;

  @SuppressWarnings("MustBeClosed") // close() closes all parts.
  private LayerService(
      Setup setup, LayerOrigin origin, FetchListener listener, Deque<AutoCloseable> parts)
      throws IOException {
    this.setup = setup;
    this.parts = parts;
    var parent = Files.createDirectories(setup.root().resolve("mounts")).toRealPath();
    mounts = new MountDirectories(parent);
    var options = DiskSpace.fitting(setup.store(), setup.root());
    store = own(LayerStore.open(setup.root(), options));
    var activity = new LayerActivity();
    var record = new StartRecord(setup.layers().recordBytes());
    var courtesy = new Courtesy();
    var counted = new Listeners(activity, new Listeners(FlightEvents.ofThisRuntime(), listener));
    var listeners = new Listeners(record, new Listeners(courtesy, counted));
    scheduler = own(new FetchScheduler(setup.fetch(), Limits.DEFAULT, listeners));
    served = new ServedLayers();
    fuse = Files.createDirectories(setup.state().resolve("fs")).toRealPath();
    var blobs = own(ServedBlobs.with(setup.root().resolve("mount-program").toAbsolutePath()));
    mounters = Mounters.choose(setup.choice(), new Mounters.Places(mounts, fuse, blobs));
    timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("lazuli-timer").factory());
    parts.push(timer::shutdownNow);
    var proofs = proofs(setup, courtesy, counted, scheduler, timer);
    parts.push(proofs);
    var indexer = own(new LayerIndexer(store, setup.layers().indexes()));
    var kept = own(WaysToLayers.kept(setup, store));
    var bulk =
        own(WaysToLayers.bulk(setup, store, limits(setup), listeners, kept, origin.publisher()));
    layers =
        new Layers(
            new LayerParts(
                store,
                origin,
                indexer,
                scheduler,
                served,
                activity,
                record,
                new FollowedStarts(),
                proofs,
                new Findings(),
                mounters.lazy(),
                mounters.local(),
                timer,
                bulk,
                kept,
                WaysToLayers.sources(setup, origin, store, indexer),
                setup.layers()));
  }

  private <T extends AutoCloseable> T own(T part) {
    parts.push(part);
    return part;
  }

  /**
   * Opens the service at once: {@link #prepare}, {@link #adopt} and {@link #takeOver}.
   *
   * @param origin where blobs come from; the caller's to close, after this service
   * @throws IOException if a part cannot be opened; the message says which and why
   */
  public static LayerService open(Setup setup, LayerOrigin origin, FetchListener listener)
      throws IOException {
    var service = prepare(setup, origin, listener);
    try {
      service.adopt();
      service.takeOver();
      return service;
    } catch (IOException | RuntimeException e) {
      service.handOver();
      throw e;
    }
  }

  /**
   * Opens all that needs nothing of an earlier daemon. No mount is touched.
   *
   * @param origin where blobs come from; the caller's to close, after this service
   * @throws IOException if a part cannot be opened; the message says which and why
   */
  public static LayerService prepare(Setup setup, LayerOrigin origin, FetchListener listener)
      throws IOException {
    var parts = new ArrayDeque<AutoCloseable>();
    boolean done = false;
    try {
      var service = new LayerService(setup, origin, listener, parts);
      done = true;
      return service;
    } finally {
      if (!done) {
        close(parts);
      }
    }
  }

  /**
   * Opens the layers that an earlier daemon left mounted, so that they are there before the first
   * request that waits.
   *
   * @throws IOException if it cannot be found out what is mounted
   */
  public void adopt() throws IOException {
    followsAnother = kept() && MountPoints.read().anyBelow(fuse);
    if (followsAnother) {
      layers.adoptAll();
    }
  }

  /** Returns whether an earlier daemon left mounts that readers may be waiting at. */
  public boolean followsAnother() {
    return followsAnother;
  }

  /** A layer that was indexed needs about as much for the index of its tar. */
  private static Limits limits(Setup setup) {
    long indexes = setup.layers().indexes().memoryBytes();
    return Limits.DEFAULT.withIndexBytes(Math.max(Limits.DEFAULT.indexBytes(), indexes));
  }

  /**
   * Takes an earlier daemon's session over with the layers mounted on it, or starts a new one where
   * nothing of the kind can be had: mounts of a dead session are detached.
   *
   * @throws IOException if neither can be done; the former session is as it was
   */
  public void takeOver() throws IOException {
    boolean nothingStored = store.list().isEmpty();
    if (!followsAnother) {
      mounts.sweep();
    }
    var session = Keeping.open(setup, fuse, served);
    this.session = session;
    served.servedBy(session);
    // Not before: until then all that is mounted is an earlier daemon's, and stays if we fail.
    parts.push(mounts::sweep);
    parts.push(session);
    parts.push(layers);
    if (followsAnother) {
      if (!session.wasResumed()) {
        layers.close();
      }
      mounts.sweep();
    }
    var _ =
        timer.scheduleWithFixedDelay(
            layers::settle, SETTLE_MINUTES, SETTLE_MINUTES, TimeUnit.MINUTES);
    var _ =
        timer.scheduleWithFixedDelay(
            mounts::sweep, SETTLE_MINUTES, SETTLE_MINUTES, TimeUnit.MINUTES);
    if (nothingStored || session.wasResumed()) {
      store.enforceQuota();
    } else {
      var _ = timer.schedule(store::enforceQuota, RESTORE_SECONDS, TimeUnit.SECONDS);
    }
  }

  private static Proofs proofs(
      Setup setup,
      Courtesy courtesy,
      FetchListener counted,
      FetchScheduler scheduler,
      ScheduledExecutorService timer) {
    var manners =
        new Proofs.Manners(
            limits(setup),
            courtesy,
            counted,
            scheduler::backgroundPause,
            PROOF_WAIT_MILLIS,
            PROOF_RETRY,
            setup.store().clock());
    return new Proofs(setup.layers().proof(), manners, timer);
  }

  private boolean kept() {
    return setup.keeping().isPresent();
  }

  /**
   * Stops serving but leaves every mount, and the requests that come from now on, to the next
   * daemon; what is stored is synced. The process is to end after this. Without a keeper this is
   * {@link #close}.
   */
  public void handOver() {
    if (setup.keeping().isEmpty()) {
      close();
      return;
    }
    store.sync(); // Most of it while readers are still served: they wait from leaving on.
    var serving = session;
    if (serving != null) {
      Keeping.leave(serving);
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

  /** Returns the time since the scheduler last looked at deadlines; a second is usual. */
  public Duration sinceTick() {
    return Duration.ofNanos(System.nanoTime() - scheduler.lastTick());
  }

  /** Returns how long a thread that takes the kernel's requests has been busy with one. */
  public Duration longestRequest() {
    var serving = session;
    return serving == null ? Duration.ZERO : serving.longestRequest();
  }

  /** Returns whether the FUSE mounts are served; somebody else may have unmounted them. */
  public boolean isServing() {
    var serving = session;
    return serving != null && serving.isServing();
  }

  /** Returns what an operator should know of what readers will feel when this process ends. */
  public List<String> warnings() {
    var serving = session;
    return serving == null ? List.of() : Keeping.warnings(serving);
  }

  /** Returns how incomplete layers are mounted. */
  public MountKind kind() {
    return mounters.lazy().kind();
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
