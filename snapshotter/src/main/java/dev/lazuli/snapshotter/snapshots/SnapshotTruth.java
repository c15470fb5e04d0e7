package dev.lazuli.snapshotter.snapshots;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.bulk.NoIndexException;
import dev.lazuli.snapshotter.layers.Findings;
import dev.lazuli.snapshotter.layers.LayerRequest;
import dev.lazuli.snapshotter.layers.RemoteLayer;
import dev.lazuli.snapshotter.layers.RemoteLayers;
import dev.lazuli.snapshotter.metrics.Metrics;
import dev.lazuli.snapshotter.proof.BannedLayers;
import dev.lazuli.snapshotter.proof.ChainId;
import dev.lazuli.snapshotter.proof.Finding;
import dev.lazuli.snapshotter.snapshots.SnapshotException.Reason;
import dev.lazuli.snapshotter.status.Trouble;
import dev.lazuli.snapshotter.status.Troubles;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares what is found of layers with the chain IDs of their snapshots. A snapshot that is not
 * what its name says is disowned: it loses its name and its label, so that nobody finds it and the
 * right one can have them, and nothing can be built on it any more. Safe for use by several
 * threads.
 */
final class SnapshotTruth implements Findings.Listener {
  private static final Logger log = LoggerFactory.getLogger(SnapshotTruth.class);

  private final SnapshotStore store;
  private final RemoteLayers layers;
  private final BannedLayers banned;
  private final Troubles troubles;
  private final Metrics metrics;

  /** Whether any snapshot ever lied: on most nodes none does, and nothing need be looked for. */
  private volatile boolean anyLies;

  /** What was found of layers whose snapshots could not be checked: the database failed. */
  private final Map<Digest, Finding> unchecked = new ConcurrentHashMap<>();

  SnapshotTruth(
      SnapshotStore store,
      RemoteLayers layers,
      BannedLayers banned,
      Troubles troubles,
      Metrics metrics) {
    this.store = store;
    this.layers = layers;
    this.banned = banned;
    this.troubles = troubles;
    this.metrics = metrics;
  }

  /** Goes on where the last daemon was, and listens. */
  void start() throws IOException {
    layers.onFinding(this);
    for (var snapshot : store.list(snapshot -> snapshot.lie().isPresent())) {
      trouble(snapshot);
      snapshot.layer().ifPresent(layer -> layers.usesChanged(layer.digest()));
    }
  }

  /**
   * Refuses to make a snapshot that is known not to be what it would be named after.
   *
   * @param target the chain ID
   * @throws NoIndexException if the layer's index has lied, which says nothing of its blob: pulled
   *     whole, the layer may be right
   * @throws IOException if so; the layer is then to be unpacked by containerd, which finds out too
   */
  void requireNoLie(String target, String parent, RemoteLayer layer) throws IOException {
    var request = layer.request();
    var lie = banned.reason(layerKey(request));
    if (lie.isPresent() && toc(request).isPresent()) {
      log.warn(
          "layer {}: its index {} has lied, so it is pulled whole: {}",
          layer.digest(),
          toc(request).get(),
          lie.get());
      throw new NoIndexException(
          layer.digest(), "index %s has lied: %s".formatted(toc(request).get(), lie.get()));
    }
    requireNotBanned(lie, target, parent, layer);
  }

  private void requireNotBanned(
      Optional<String> lie, String target, String parent, RemoteLayer layer) throws IOException {
    var known =
        banned
            .reason(BannedLayers.chain(target, layer.digest()))
            .or(() -> lie)
            .or(() -> banned.reason(repositoryKey(layer.request())));
    if (known.isEmpty() && layer.finding().isPresent()) {
      var below = below(parent);
      known = below.flatMap(chain -> layer.finding().get().lieAbout(target, chain));
    }
    if (known.isPresent()) {
      throw new IOException(
          "layer " + layer.digest() + " is not what its image says: " + known.get());
    }
  }

  /**
   * Refuses to make a snapshot of a layer that was pulled whole unless it is known to be what it
   * would be named after. That an index of it has lied does not matter, also where a label of the
   * image still names that index.
   *
   * @param target the chain ID
   * @throws IOException if it is not, or if that cannot be said
   */
  void requireRight(String target, String parent, RemoteLayer layer) throws IOException {
    requireNotBanned(Optional.empty(), target, parent, layer);
    if (layer.finding().isEmpty() || below(parent).isEmpty()) {
      throw new IOException(
          "layer %s was pulled whole, but it is not known whether it belongs on %s"
              .formatted(layer.digest(), parent));
    }
  }

  /**
   * Returns whether a mounted snapshot is known to hold what its chain ID stands for.
   *
   * @param layer its claim
   */
  boolean isProved(Snapshot snapshot, RemoteLayer layer) throws IOException {
    var finding = layer.finding();
    if (finding.isEmpty() || snapshot.target().isEmpty() || snapshot.lie().isPresent()) {
      return false;
    }
    var below = below(snapshot.parent());
    return below.isPresent() && finding.get().lieAbout(snapshot.target(), below.get()).isEmpty();
  }

  /** A snapshot was made: whatever was found while that went on counts for it too. */
  void made(RemoteLayer layer) {
    layer.finding().ifPresent(finding -> check(layer.digest(), finding));
  }

  /**
   * A claim was taken again: what was found of its layer may not have been acted on, since the last
   * daemon may have died before.
   */
  void restored(Snapshot snapshot, RemoteLayer layer) {
    var finding = layer.finding();
    if (finding.isEmpty() || snapshot.lie().isPresent()) {
      return;
    }
    try {
      if (lie(snapshot, finding.get()).isPresent()) {
        var _ = check(layer.digest(), finding.get());
      }
    } catch (IOException e) {
      checkLater(layer.digest(), finding.get(), e);
    }
  }

  /** Checks again what could not be checked. */
  void checkAgain() {
    for (var entry : Map.copyOf(unchecked).entrySet()) {
      if (unchecked.remove(entry.getKey(), entry.getValue())) {
        var _ = check(entry.getKey(), entry.getValue());
      }
    }
  }

  private void checkLater(Digest digest, Finding finding, IOException reason) {
    log.error("layer {}: its snapshots could not be checked yet: {}", digest, reason.toString());
    unchecked.put(digest, finding);
  }

  /** A snapshot was removed. */
  void removed(Snapshot snapshot) {
    if (anyLies) {
      troubles.ended(Trouble.Kind.LIE, snapshot.name());
      snapshot.layer().ifPresent(layer -> layers.usesChanged(layer.digest()));
    }
  }

  /**
   * Refuses snapshots of which one is not what its image says.
   *
   * @throws SnapshotException saying which, and why
   */
  static void requireNoLie(List<Snapshot> lineage) throws SnapshotException {
    for (var snapshot : lineage) {
      if (snapshot.lie().isPresent()) {
        throw new SnapshotException(
            Reason.FAILED_PRECONDITION,
            "snapshot %s is not what its image says, or is built on one that is not: %s"
                .formatted(snapshot.name(), snapshot.lie().get()));
      }
    }
  }

  @Override
  public void found(Digest digest, Finding finding) {
    if (check(digest, finding)) {
      metrics.layerLied();
    } else {
      metrics.layerProved();
    }
  }

  /** Returns whether the layer, or a snapshot of it, lied. */
  private boolean check(Digest digest, Finding finding) {
    boolean lied = finding.lie().isPresent();
    try {
      for (var snapshot : ofLayer(digest)) {
        if (snapshot.lie().isEmpty()) {
          var lie = lie(snapshot, finding);
          lied |= lie.isPresent();
          if (lie.isPresent()) {
            disown(snapshot, lie.get(), finding);
          }
        }
      }
    } catch (IOException e) {
      checkLater(digest, finding, e);
    }
    layers.usesChanged(digest);
    return lied;
  }

  private Optional<String> lie(Snapshot snapshot, Finding finding) throws IOException {
    if (finding.lie().isPresent()) {
      return finding.lie();
    }
    var below = below(snapshot.parent());
    if (snapshot.target().isEmpty() || below.isEmpty()) {
      log.info("snapshot {}: its chain ID, or that below it, is not known", snapshot.name());
      return Optional.empty();
    }
    return finding.lieAbout(snapshot.target(), below.get());
  }

  /** Returns the chain ID of a parent: empty text for none, empty if it is not known. */
  private Optional<String> below(String parent) throws IOException {
    if (parent.isEmpty()) {
      return Optional.of("");
    }
    var snapshot = store.get(parent);
    return snapshot.isRemote()
        ? ChainId.inName(snapshot.target())
        : ChainId.inName(snapshot.name());
  }

  private void disown(Snapshot snapshot, String reason, Finding finding) throws IOException {
    var request = snapshot.layer().orElseThrow();
    banned.ban(banKey(snapshot, request, finding), reason);
    for (var disowned : store.disown(snapshot.name(), reason)) {
      trouble(disowned);
      log.atError()
          .addKeyValue("snapshot", snapshot.name())
          .addKeyValue("layer", request.digest())
          .addKeyValue("image", request.reference())
          .addKeyValue("reason", reason)
          .log(
              "snapshot {} is not what its image says; it is now {}",
              snapshot.name(),
              disowned.name());
    }
  }

  private void trouble(Snapshot disowned) {
    anyLies = true;
    troubles.failed(
        Trouble.Kind.LIE,
        disowned.layer().map(layer -> layer.digest().toString()).orElse(""),
        disowned.layer().map(LayerRequest::reference).orElse(""),
        disowned.name(),
        disowned.lie().orElse(""));
  }

  @Override
  public Findings.Uses uses(Digest digest) throws IOException {
    var all = ofLayer(digest);
    return new Findings.Uses(
        all.stream().anyMatch(snapshot -> snapshot.lie().isEmpty()),
        all.stream().flatMap(snapshot -> snapshot.lie().stream()).findFirst());
  }

  private List<Snapshot> ofLayer(Digest digest) throws IOException {
    return store.list(
        snapshot -> snapshot.layer().map(LayerRequest::digest).filter(digest::equals).isPresent());
  }

  private static String banKey(Snapshot snapshot, LayerRequest request, Finding finding) {
    if (finding.lie().isEmpty()) {
      return BannedLayers.chain(snapshot.target(), request.digest());
    }
    return finding.isAboutRegistries() ? repositoryKey(request) : layerKey(request);
  }

  private static String repositoryKey(LayerRequest request) {
    var repository = ImageReference.repositoryOf(request.reference());
    return BannedLayers.layerOf(repository, request.digest(), toc(request));
  }

  private static String layerKey(LayerRequest request) {
    return BannedLayers.layer(request.digest(), toc(request));
  }

  private static Optional<Digest> toc(LayerRequest request) {
    return request.tocDigest().or(request::tocChecksum);
  }
}
