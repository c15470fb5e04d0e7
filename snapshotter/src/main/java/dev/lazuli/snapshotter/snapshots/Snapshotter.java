package dev.lazuli.snapshotter.snapshots;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.api.types.Mount;
import dev.lazuli.snapshotter.layers.LayerRequest;
import dev.lazuli.snapshotter.layers.RemoteLayer;
import dev.lazuli.snapshotter.layers.RemoteLayers;
import dev.lazuli.snapshotter.layers.Usage;
import dev.lazuli.snapshotter.metrics.Metrics;
import dev.lazuli.snapshotter.proof.BannedLayers;
import dev.lazuli.snapshotter.snapshots.SnapshotException.Reason;
import dev.lazuli.snapshotter.status.LayerUse;
import dev.lazuli.snapshotter.status.Trouble;
import dev.lazuli.snapshotter.status.Troubles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What containerd asks of a snapshotter: overlayfs snapshots, and lazily mounted layers in place of
 * unpacked ones. Safe for use by several threads.
 */
final class Snapshotter implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Snapshotter.class);

  private final SnapshotStore store;
  private final SnapshotDirectories directories;
  private final OverlayMounts overlay;
  private final MappedDirectories mapped;
  private final RemoteSnapshots remote;
  private final LayersAhead ahead;
  private final SnapshotTruth truth;
  private final Troubles troubles;
  private final RemotePreparation preparation;
  private final CountDownLatch closing = new CountDownLatch(1);

  Snapshotter(
      SnapshotStore store,
      SnapshotDirectories directories,
      OverlayMounts overlay,
      MappedDirectories mapped,
      RemoteSnapshots remote,
      LayersAhead ahead,
      SnapshotTruth truth,
      Troubles troubles,
      Metrics metrics) {
    this.store = store;
    this.directories = directories;
    this.overlay = overlay;
    this.mapped = mapped;
    this.remote = remote;
    this.ahead = ahead;
    this.truth = truth;
    this.troubles = troubles;
    remote.onRestored(truth::restored);
    this.preparation =
        new RemotePreparation(store, directories, remote, ahead, truth, troubles, metrics);
  }

  /** Opens what is below {@code options.root()} and starts to restore its mounted layers. */
  static Snapshotter open(
      SnapshotterOptions options, Clock clock, RemoteLayers layers, Metrics metrics)
      throws IOException {
    var banned = new BannedLayers(options.root().resolve("banned"));
    var snapshotter = prepare(options, clock, layers, banned, metrics);
    snapshotter.restore(options.retryInterval());
    return snapshotter;
  }

  /** Opens what is below {@code options.root()}; {@link #restore} is to follow. */
  static Snapshotter prepare(
      SnapshotterOptions options,
      Clock clock,
      RemoteLayers layers,
      BannedLayers banned,
      Metrics metrics)
      throws IOException {
    var directories = SnapshotDirectories.open(options.root());
    var overlay = OverlayMounts.detect();
    var mapped = new MappedDirectories(options.root().resolve("mapped"));
    var store = SnapshotStore.open(options.root().resolve("snapshots.db"), clock);
    var troubles = new Troubles(clock);
    var remote =
        new RemoteSnapshots(layers, options.mountTimeout(), options.pullTimeout(), troubles);
    var ahead = new LayersAhead(layers);
    var truth = new SnapshotTruth(store, layers, banned, troubles, metrics);
    try {
      truth.start();
    } catch (IOException | RuntimeException e) {
      store.close();
      throw e;
    }
    return new Snapshotter(
        store, directories, overlay, mapped, remote, ahead, truth, troubles, metrics);
  }

  /**
   * Starts to restore the mounted layers.
   *
   * @param interval how often those that could not be restored are tried again
   */
  void restore(Duration interval) throws IOException {
    remote.restore(store.list(Snapshot::isRemote));
    Thread.ofVirtual().name("restore-again").start(() -> restoreAgain(interval));
  }

  /** Tries what could not be restored again and again, whether or not anybody uses it. */
  private void restoreAgain(Duration interval) {
    try {
      while (!closing.await(interval.toMillis(), TimeUnit.MILLISECONDS)) {
        restoreFailed();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Tries once what could not be restored or checked. */
  void restoreFailed() {
    try {
      truth.checkAgain();
      if (remote.anyFailed()) {
        remote.restore(store.list(Snapshot::isRemote));
      }
    } catch (IOException | RuntimeException e) {
      log.warn("layers that could not be restored are left for the next round: {}", e.toString());
    }
  }

  /** Reads one entry, whether or not it is there. */
  void check() throws IOException {
    var _ = store.find("health");
  }

  /** Returns what could not be mounted lazily. */
  Troubles troubles() {
    return troubles;
  }

  /**
   * Returns the layers that snapshots need, whether or not they are mounted, and which these are.
   */
  Map<Digest, LayerUse> layerUses() throws IOException {
    return LayerUses.of(store.list(_ -> true));
  }

  /**
   * Makes an active snapshot.
   *
   * @throws SnapshotException with reason ALREADY_EXISTS also if the labels name a layer and it is
   *     mounted now
   */
  Mount prepare(String key, String parent, Map<String, String> labels) throws IOException {
    var target = labels.getOrDefault(Snapshot.TARGET_LABEL, "");
    if (!target.isEmpty() && preparation.prepare(key, target, parent, labels)) {
      throw SnapshotException.alreadyExists("target snapshot " + target);
    }
    return create(SnapshotKind.ACTIVE, key, parent, labels);
  }

  Mount view(String key, String parent, Map<String, String> labels) throws IOException {
    return create(SnapshotKind.VIEW, key, parent, labels);
  }

  Mount mounts(String key) throws IOException {
    var lineage = store.lineage(key);
    var snapshot = lineage.getFirst();
    if (snapshot.kind() == SnapshotKind.COMMITTED) {
      throw new SnapshotException(Reason.FAILED_PRECONDITION, "snapshot " + key + " is committed");
    }
    return mount(snapshot, readable(lineage.subList(1, lineage.size())));
  }

  /**
   * Turns an active snapshot into a committed one.
   *
   * @param parent what it is to build on from now on, if it builds on nothing; may be empty
   */
  void commit(String name, String key, String parent, Map<String, String> labels)
      throws IOException {
    var active = store.get(key);
    if (active.kind() != SnapshotKind.ACTIVE) {
      throw new SnapshotException(Reason.FAILED_PRECONDITION, "snapshot " + key + " is not active");
    }
    if (active.mayBeRebased() && parent.isEmpty()) {
      DirectoryTree.deleteWhiteouts(directories.of(active).content());
    }
    store.commit(name, key, parent, labels, directories.usage(active));
  }

  /** Forgets a snapshot; what it takes on disk goes with the next {@link #cleanup}. */
  void remove(String key) throws IOException {
    truth.removed(store.remove(key));
    troubles.ended(Trouble.Kind.RESTORE, key);
    troubles.ended(Trouble.Kind.CONFLICT, key);
  }

  Snapshot stat(String key) throws IOException {
    return store.get(key);
  }

  /** Changes labels: all of them, or those that {@code paths} name as {@code labels.<key>}. */
  Snapshot update(String name, Map<String, String> labels, List<String> paths) throws IOException {
    for (var path : paths) {
      if (!path.equals("labels") && !path.startsWith("labels.")) {
        throw new SnapshotException(
            Reason.INVALID_ARGUMENT, "cannot update field \"" + path + "\" of snapshot " + name);
      }
    }
    return store.updateLabels(name, old -> paths.isEmpty() ? labels : merge(old, labels, paths));
  }

  private static Map<String, String> merge(
      Map<String, String> old, Map<String, String> update, List<String> paths) {
    var merged = new HashMap<>(old);
    for (var path : paths) {
      if (path.equals("labels")) {
        merged.clear();
        merged.putAll(update);
      } else {
        var label = path.substring("labels.".length());
        merged.put(label, update.getOrDefault(label, ""));
      }
    }
    return merged;
  }

  List<Snapshot> list(List<String> filters) throws IOException {
    return store.list(Filter.parse(filters));
  }

  Usage usage(String key) throws IOException {
    var snapshot = store.get(key);
    if (snapshot.kind() == SnapshotKind.ACTIVE) {
      return directories.usage(snapshot);
    }
    if (!snapshot.isRemote()) {
      return snapshot.usage();
    }
    var layer = remote.held(snapshot);
    return layer.isPresent() ? layer.get().usage() : snapshot.usage();
  }

  /** Returns the labels that clients see of a snapshot. */
  Map<String, String> shownLabels(Snapshot snapshot) {
    var shown = snapshot.shownLabels();
    try {
      var held = snapshot.isRemote() ? remote.held(snapshot) : Optional.<RemoteLayer>empty();
      if (held.isPresent() && truth.isProved(snapshot, held.get())) {
        var proved = new LinkedHashMap<>(shown);
        proved.put(LayerRequest.SHOWN_PROVED, snapshot.target());
        return proved;
      }
    } catch (IOException e) {
      log.debug("snapshot {}: whether it is proved is not known", snapshot.name(), e);
    }
    return shown;
  }

  /** Frees what removed snapshots left: directories and mounted layers. */
  void cleanup() throws IOException {
    var claims = new ArrayList<CompletableFuture<RemoteLayer>>();
    var unmapped = new ArrayList<Path>();
    List<Path> orphans;
    try {
      orphans =
          store.withIds(
              ids -> {
                claims.addAll(remote.takeAllBut(ids));
                unmapped.addAll(mapped.takeAllBut(ids));
                return directories.takeAllBut(ids);
              });
    } finally { // What was taken goes even if the next step failed.
      unmapped.forEach(MappedDirectories::release);
      for (var claim : claims) {
        var _ = claim.thenAccept(RemoteLayer::close);
      }
    }
    for (var orphan : orphans) {
      try {
        DirectoryTree.delete(orphan);
      } catch (IOException e) {
        log.warn("cannot delete {}, which no snapshot needs: {}", orphan, e.toString());
      }
    }
  }

  private Lower readable(List<Snapshot> lineage) throws IOException {
    SnapshotTruth.requireNoLie(lineage);
    return Lower.of(lineage, remote.readable(Snapshot.remoteOf(lineage)), directories);
  }

  private Mount create(SnapshotKind kind, String key, String parent, Map<String, String> labels)
      throws IOException {
    var lineage = parent.isEmpty() ? List.<Snapshot>of() : store.lineage(parent);
    var lower = readable(lineage);
    var owner = MappedDirectories.owner(labels, lower);
    var snapshot =
        store.create(kind, key, parent, labels, (made, _) -> directories.create(made, owner));
    try {
      return mount(snapshot, lower);
    } catch (IOException e) {
      store.remove(key);
      throw e;
    }
  }

  private Mount mount(Snapshot snapshot, Lower lower) throws IOException {
    var own = directories.of(snapshot);
    return snapshot.mayBeRebased()
        ? overlay.mountToUnpack(own)
        : overlay.mount(snapshot.kind(), own, mapped.shown(snapshot, lower));
  }

  /** Takes away what is mounted for user namespaces; what uses it keeps it. */
  void unmountMapped() throws IOException {
    mapped.takeAllBut(Set.of()).forEach(MappedDirectories::release);
  }

  @Override
  public void close() {
    closing.countDown();
    ahead.close();
    store.close();
  }
}
