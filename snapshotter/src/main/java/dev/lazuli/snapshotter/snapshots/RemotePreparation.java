package dev.lazuli.snapshotter.snapshots;

import dev.lazuli.registry.model.Text;
import dev.lazuli.snapshotter.bulk.NoIndexException;
import dev.lazuli.snapshotter.bulk.WholePullException;
import dev.lazuli.snapshotter.layers.DirectoryAttributes;
import dev.lazuli.snapshotter.layers.LayerRequest;
import dev.lazuli.snapshotter.layers.RemoteLayer;
import dev.lazuli.snapshotter.metrics.Metrics;
import dev.lazuli.snapshotter.metrics.MountOutcome;
import dev.lazuli.snapshotter.snapshots.SnapshotException.Reason;
import dev.lazuli.snapshotter.status.Trouble;
import dev.lazuli.snapshotter.status.Troubles;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Makes a snapshot of a layer that is mounted in place of an unpacked one, or says that the client
 * has to unpack it. Safe for use by several threads.
 */
final class RemotePreparation {
  private static final Logger log = LoggerFactory.getLogger(RemotePreparation.class);

  /** Field of the log line that clients' tests look for: "true" or "false". */
  private static final String PREPARED_FIELD = "remote-snapshot-prepared";

  private static final String NO_LABELS =
      "the client does not say which image it pulls: set disable_snapshot_annotations = false (CRI)"
          + " or enable_remote_snapshot_annotations (containerd 2.x), or use lazuli rpull; see"
          + " lazuli doctor";

  private final SnapshotStore store;
  private final SnapshotDirectories directories;
  private final RemoteSnapshots remote;
  private final LayersAhead ahead;
  private final SnapshotTruth truth;
  private final Troubles troubles;
  private final Metrics metrics;

  RemotePreparation(
      SnapshotStore store,
      SnapshotDirectories directories,
      RemoteSnapshots remote,
      LayersAhead ahead,
      SnapshotTruth truth,
      Troubles troubles,
      Metrics metrics) {
    this.store = store;
    this.directories = directories;
    this.remote = remote;
    this.ahead = ahead;
    this.truth = truth;
    this.troubles = troubles;
    this.metrics = metrics;
  }

  /**
   * Mounts the layer that the labels name and makes it a snapshot.
   *
   * @return whether it is a snapshot now; false if the client has to unpack the layer
   * @throws IOException if the parent is not there or the store cannot be read
   */
  boolean prepare(String key, String target, String parent, Map<String, String> labels)
      throws IOException {
    var taken = taken(target, parent);
    if (taken.isPresent() && !taken.get().isRemote()) {
      return true;
    }
    if (!parent.isEmpty()) {
      // A wrong parent is the client's error, whatever happens to the layer.
      store.get(parent);
    }
    long began = System.nanoTime();
    try {
      var request = LayerRequest.fromLabels(labels).orElseThrow(() -> new IOException(NO_LABELS));
      var outcome = mountRemote(target, parent, labels, request);
      metrics.mountAnswered(outcome, Duration.ofNanos(System.nanoTime() - began));
      troubles.ended(Trouble.Kind.MOUNT, target);
      troubles.ended(Trouble.Kind.POLICY, target);
      log.atInfo()
          .addKeyValue(PREPARED_FIELD, "true")
          .addKeyValue("key", key)
          .addKeyValue("parent", parent)
          .log(
              "layer {} of {}: {} after {} ms",
              request.digest(),
              request.reference(),
              words(outcome),
              Duration.ofNanos(System.nanoTime() - began).toMillis());
      return true;
    } catch (IOException | IllegalArgumentException e) {
      metrics.mountAnswered(MountOutcome.FALLBACK, Duration.ofNanos(System.nanoTime() - began));
      var request = request(labels);
      noteTrouble(target, request, e);
      request.ifPresent(ahead::giveUp);
      log.atLevel(e instanceof WholePullException ? Level.INFO : Level.WARN)
          .addKeyValue(PREPARED_FIELD, "false")
          .addKeyValue("key", key)
          .addKeyValue("parent", parent)
          .addKeyValue("image", request.map(LayerRequest::reference).orElse(""))
          .addKeyValue("layer", request.map(layer -> layer.digest().toString()).orElse(""))
          .addKeyValue("reason", Text.reason(e))
          .log("failed to prepare remote snapshot");
      return false;
    }
  }

  private static String words(MountOutcome outcome) {
    return switch (outcome) {
      case LAZY -> "mounted lazily";
      case LOCAL -> "mounted from this disk";
      case WHOLE -> "pulled whole and mounted";
      case FALLBACK -> "left to the client";
    };
  }

  /** Labels that cannot be understood are why it failed; then this is all that is known. */
  private static Optional<LayerRequest> request(Map<String, String> labels) {
    try {
      return LayerRequest.fromLabels(labels);
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  private void noteTrouble(String target, Optional<LayerRequest> request, Exception reason) {
    var kind =
        switch (reason) {
          case OtherLayerException _ -> Trouble.Kind.CONFLICT;
          case WholePullException _ -> Trouble.Kind.POLICY;
          default -> Trouble.Kind.MOUNT;
        };
    troubles.failed(
        kind,
        request.map(layer -> layer.digest().toString()).orElse(""),
        request.map(LayerRequest::reference).orElse(""),
        target,
        Text.reason(reason));
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
    var lowest = remote.lowest(request, parent, labels);
    if (parent.isEmpty()) {
      ahead.begin(request);
    }
    try (var _ = ahead.mountAbove(request)) {
      try {
        return make(target, parent, labels, remote.mount(request), MountOutcome.LAZY, lowest);
      } catch (NoIndexException e) {
        ahead.requirePull(request, e);
        return make(target, parent, labels, pull(request, e), MountOutcome.WHOLE, lowest);
      }
    }
  }

  /** Where nothing is pulled whole, the reason is still why the layer was not mounted. */
  private RemoteLayer pull(LayerRequest request, NoIndexException reason) throws IOException {
    try {
      return remote.pull(request);
    } catch (NoIndexException _) {
      throw reason;
    }
  }

  /** Makes a snapshot of a mounted layer, or closes the claim on it. */
  private MountOutcome make(
      String target,
      String parent,
      Map<String, String> labels,
      RemoteLayer layer,
      MountOutcome outcome,
      LowestLayer lowest)
      throws IOException {
    var held = false;
    try {
      boolean isLocal = outcome == MountOutcome.LAZY && layer.complete();
      if (outcome == MountOutcome.WHOLE) {
        truth.requireRight(target, parent, layer);
      } else {
        truth.requireNoLie(target, parent, layer);
      }
      lowest.require();
      held = addRemote(target, parent, labels, layer);
      layer.confirmed();
      return isLocal ? MountOutcome.LOCAL : outcome;
    } finally {
      if (!held) {
        layer.close();
      }
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
        // Another call was faster. What it made is compared with what this one wants.
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
      var below = Lower.of(lineage, remote.mounted(Snapshot.remoteOf(lineage)), directories);
      return InheritedDirectories.of(layer.root(), below.roots(), below.inherited());
    } catch (IOException | IllegalStateException e) {
      throw new IOException(
          "layer %s: cannot take attributes of directories without entries from the layers below: %s"
              .formatted(layer.digest(), e.getMessage()),
          e);
    }
  }
}
