package dev.lazuli.snapshotter.snapshots;

import dev.lazuli.snapshotter.api.types.Mount;
import dev.lazuli.snapshotter.layers.DirectoryAttributes;
import dev.lazuli.snapshotter.layers.LayerRequest;
import dev.lazuli.snapshotter.layers.RemoteLayer;
import dev.lazuli.snapshotter.layers.RemoteLayers;
import dev.lazuli.snapshotter.layers.Usage;
import dev.lazuli.snapshotter.layers.WholePullException;
import dev.lazuli.snapshotter.metrics.Metrics;
import dev.lazuli.snapshotter.metrics.MountOutcome;
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
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * What containerd asks of a snapshotter: overlayfs snapshots, and lazily mounted layers in place of
 * unpacked ones. Safe for use by several threads.
 */
final class Snapshotter implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Snapshotter.class);

  /** Field of the log line that clients' tests look for: "true" or "false". */
  private static final String PREPARED_FIELD = "remote-snapshot-prepared";

  private final SnapshotStore store;
  private final SnapshotDirectories directories;
  private final OverlayMounts overlay;
  private final RemoteSnapshots remote;
  private final LayersAhead ahead;
  private final SnapshotTruth truth;
  private final Troubles troubles;
  private final Metrics metrics;
  private final CountDownLatch closing = new CountDownLatch(1);

  Snapshotter(
      SnapshotStore store,
      SnapshotDirectories directories,
      OverlayMounts overlay,
      RemoteSnapshots remote,
      LayersAhead ahead,
      SnapshotTruth truth,
      Troubles troubles,
      Metrics metrics) {
    this.store = store;
    this.directories = directories;
    this.overlay = overlay;
    this.remote = remote;
    this.ahead = ahead;
    this.truth = truth;
    this.troubles = troubles;
    this.metrics = metrics;
  }

  /** Opens what is below {@code options.root()} and starts to restore its mounted layers. */
  static Snapshotter open(
      SnapshotterOptions options, Clock clock, RemoteLayers layers, Metrics metrics)
      throws IOException {
    var snapshotter = prepare(options, clock, layers, metrics);
    snapshotter.restore(options.retryInterval());
    return snapshotter;
  }

  /** Opens what is below {@code options.root()}; {@link #restore} is to follow. */
  static Snapshotter prepare(
      SnapshotterOptions options, Clock clock, RemoteLayers layers, Metrics metrics)
      throws IOException {
    var directories = SnapshotDirectories.open(options.root());
    var overlay = OverlayMounts.detect();
    var store = SnapshotStore.open(options.root().resolve("snapshots.db"), clock);
    var troubles = new Troubles(clock);
    var remote = new RemoteSnapshots(layers, options.mountTimeout(), troubles);
    var ahead = new LayersAhead(layers);
    var banned = new BannedLayers(options.root().resolve("banned"));
    var truth = new SnapshotTruth(store, layers, banned, troubles, metrics);
    try {
      truth.start();
    } catch (IOException | RuntimeException e) {
      store.close();
      throw e;
    }
    return new Snapshotter(store, directories, overlay, remote, ahead, truth, troubles, metrics);
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

  private void restoreFailed() {
    try {
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
  Map<String, LayerUse> layerUses() throws IOException {
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
    if (!target.isEmpty() && prepareRemote(key, target, parent, labels)) {
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

  void commit(String name, String key, Map<String, String> labels) throws IOException {
    var active = store.get(key);
    if (active.kind() != SnapshotKind.ACTIVE) {
      throw new SnapshotException(Reason.FAILED_PRECONDITION, "snapshot " + key + " is not active");
    }
    store.commit(name, key, labels, directories.usage(active));
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
    List<Path> orphans;
    try {
      orphans =
          store.withIds(
              ids -> {
                claims.addAll(remote.takeAllBut(ids));
                return directories.takeAllBut(ids);
              });
    } finally {
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

  private boolean prepareRemote(
      String key, String target, String parent, Map<String, String> labels) throws IOException {
    var taken = taken(target, parent);
    if (taken.isPresent() && !taken.get().isRemote()) {
      return true;
    }
    if (!parent.isEmpty()) {
      // A wrong parent is the client's error whatever becomes of the layer.
      store.get(parent);
    }
    long began = System.nanoTime();
    try {
      var request =
          LayerRequest.fromLabels(labels)
              .orElseThrow(() -> new IOException("the labels do not name an image and a layer"));
      var outcome = mountRemote(target, parent, labels, request);
      metrics.mountAnswered(outcome, Duration.ofNanos(System.nanoTime() - began));
      troubles.ended(Trouble.Kind.MOUNT, target);
      log.atDebug()
          .addKeyValue(PREPARED_FIELD, "true")
          .addKeyValue("key", key)
          .addKeyValue("parent", parent)
          .log("prepared remote snapshot");
      return true;
    } catch (IOException | IllegalArgumentException e) {
      metrics.mountAnswered(MountOutcome.FALLBACK, Duration.ofNanos(System.nanoTime() - began));
      noteTrouble(target, labels, e);
      log.atLevel(e instanceof WholePullException ? Level.INFO : Level.WARN)
          .addKeyValue(PREPARED_FIELD, "false")
          .addKeyValue("key", key)
          .addKeyValue("parent", parent)
          .addKeyValue("reason", e.getMessage())
          .log("failed to prepare remote snapshot");
      return false;
    }
  }

  private void noteTrouble(String target, Map<String, String> labels, Exception reason) {
    if (reason instanceof WholePullException) {
      return;
    }
    Optional<LayerRequest> request = Optional.empty();
    try {
      request = LayerRequest.fromLabels(labels);
    } catch (IllegalArgumentException _) {
      // Then this is the trouble, and nothing more is known.
    }
    troubles.failed(
        reason instanceof OtherLayerException ? Trouble.Kind.CONFLICT : Trouble.Kind.MOUNT,
        request.map(LayerRequest::digest).orElse(""),
        request.map(LayerRequest::reference).orElse(""),
        target,
        String.valueOf(reason.getMessage()));
  }

  /**
   * Returns the names that a layer's snapshot may have. The same layers may be there twice, above a
   * parent that was mounted and above one that was unpacked; clients find theirs by its label and
   * parent, so for one parent there must never be two.
   */
  private static List<String> names(String target, String parent) {
    return List.of(target, target + " above " + parent);
  }

  /** Returns the snapshot that clients find for a target above a parent. */
  private Optional<Snapshot> taken(String target, String parent) throws IOException {
    for (var name : names(target, parent)) {
      var there = store.find(name);
      if (there.isPresent() && there.get().parent().equals(parent)) {
        return there;
      }
    }
    return Optional.empty();
  }

  private String freeName(String target, String parent) throws IOException {
    for (var name : names(target, parent)) {
      if (store.find(name).isEmpty()) {
        return name;
      }
    }
    throw new IOException("every name for snapshot " + target + " is taken");
  }

  /** Mounts a layer and makes it a snapshot, unless it is one already: then the same one. */
  private MountOutcome mountRemote(
      String target, String parent, Map<String, String> labels, LayerRequest request)
      throws IOException {
    requireDigest(target, request, taken(target, parent));
    ahead.mountAbove(request);
    try {
      var layer = remote.mount(request);
      var held = false;
      try {
        var outcome = layer.complete() ? MountOutcome.LOCAL : MountOutcome.LAZY;
        truth.requireNoLie(target, parent, layer);
        held = addRemote(target, parent, labels, layer);
        return outcome;
      } finally {
        if (!held) {
          layer.close();
        }
      }
    } finally {
      ahead.release(request.digest());
    }
  }

  /** Returns whether a snapshot was made that holds the claim now; false if there was the same. */
  private boolean addRemote(
      String target, String parent, Map<String, String> labels, RemoteLayer layer)
      throws IOException {
    var there = taken(target, parent);
    if (there.isEmpty()) {
      try {
        var name = freeName(target, parent);
        var inherited = inherited(parent, layer);
        var snapshot =
            store.createRemote(
                name,
                parent,
                labels,
                layer.request(),
                (made, _) -> directories.createInherited(made, inherited));
        remote.hold(snapshot, layer);
        truth.made(layer);
        return true;
      } catch (SnapshotException e) {
        if (e.reason() != Reason.ALREADY_EXISTS) {
          throw e;
        }
        // Another call was faster. What it has made is held against what this one wants.
        there = taken(target, parent);
      }
    }
    requireSame(target, layer.request(), there);
    return false;
  }

  /** Refuses at once what need not be mounted to see that it is another layer. */
  private void requireDigest(String target, LayerRequest asked, Optional<Snapshot> there)
      throws IOException {
    var layer = there.flatMap(Snapshot::layer);
    if (layer.isPresent() && !layer.get().digest().equals(asked.digest())) {
      requireSame(target, asked, there);
    }
  }

  /**
   * Refuses a snapshot that is another layer, or the same by another table of contents, unless it
   * is proved: then both unpack to the same files, whichever way they are compressed. Even so it is
   * shared only with repositories that have its layer: who knows no more than a chain ID is to show
   * that it has the content, by having it unpacked.
   */
  private void requireSame(String target, LayerRequest asked, Optional<Snapshot> there)
      throws IOException {
    var layer = there.flatMap(Snapshot::layer);
    if (layer.isEmpty()) {
      throw new IOException("snapshot " + target + " was created or removed in the meantime");
    }
    var difference = asked.differenceFrom(layer.get());
    if (difference.isEmpty()) {
      return;
    }
    var held = remote.held(there.get());
    if (held.isEmpty() || !truth.isProved(there.get(), held.get())) {
      throw new OtherLayerException(target, asked, layer.get(), difference.get());
    }
    if (!held.get().isSharedWith(asked.reference())) {
      throw new WholePullException(
          asked.digest(), "its content is here as a layer of another repository's image");
    }
  }

  /**
   * Returns the directories whose attributes a layer leaves to those below it, as far as they would
   * look otherwise.
   *
   * @throws IOException if they cannot be found out; then the client has to unpack the layer
   */
  private SortedMap<String, DirectoryAttributes> inherited(String parent, RemoteLayer layer)
      throws IOException {
    if (parent.isEmpty() || !layer.mayImplyDirectories()) {
      return Collections.emptySortedMap();
    }
    try {
      var lineage = store.lineage(parent);
      var below = Lower.of(lineage, remote.mounted(remoteOf(lineage)), directories);
      return InheritedDirectories.of(layer.root(), below.roots(), below.inherited());
    } catch (IOException | IllegalStateException e) {
      throw new IOException(
          "layer %s: cannot take attributes of directories without entries from the layers below: %s"
              .formatted(layer.digest(), e.getMessage()),
          e);
    }
  }

  private Lower readable(List<Snapshot> lineage) throws IOException {
    SnapshotTruth.requireNoLie(lineage);
    return Lower.of(lineage, remote.readable(remoteOf(lineage)), directories);
  }

  private static List<Snapshot> remoteOf(List<Snapshot> lineage) {
    return lineage.stream().filter(Snapshot::isRemote).toList();
  }

  private Mount create(SnapshotKind kind, String key, String parent, Map<String, String> labels)
      throws IOException {
    var lineage = parent.isEmpty() ? List.<Snapshot>of() : store.lineage(parent);
    var lower = readable(lineage);
    var snapshot =
        store.create(
            kind, key, parent, labels, (made, _) -> directories.create(made, lower.owner()));
    return mount(snapshot, lower);
  }

  private Mount mount(Snapshot snapshot, Lower lower) {
    return overlay.mount(snapshot.kind(), directories.of(snapshot), lower);
  }

  @Override
  public void close() {
    closing.countDown();
    ahead.close();
    store.close();
  }
}
