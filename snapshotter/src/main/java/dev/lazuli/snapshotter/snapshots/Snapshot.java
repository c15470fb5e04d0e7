package dev.lazuli.snapshotter.snapshots;

import dev.lazuli.snapshotter.layers.LayerRequest;
import dev.lazuli.snapshotter.layers.Usage;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A node of the snapshot tree.
 *
 * @param id never used again; names the snapshot's directory
 * @param name what containerd calls it: the key of a view or an active snapshot, the name of a
 *     committed one
 * @param parent name of the snapshot below, empty at the bottom
 * @param labels what clients said; none that the snapshotter itself gives
 * @param usage what it took when it was committed
 * @param layer the layer that is mounted as this snapshot, if one is
 * @param lie why the snapshot is not what its image says; only of snapshots that were disowned
 */
record Snapshot(
    long id,
    String name,
    String parent,
    SnapshotKind kind,
    Map<String, String> labels,
    Instant created,
    Instant updated,
    Usage usage,
    Optional<LayerRequest> layer,
    Optional<String> lie) {
  /**
   * Marks a snapshot whose content is a lazily mounted layer, as other snapshotters mark theirs.
   */
  private static final String REMOTE_LABEL = "containerd.io/snapshot/remote";

  /**
   * The name under which the client will commit what it unpacks, and by which it recognises a
   * layer: a chain ID.
   */
  static final String TARGET_LABEL = "containerd.io/snapshot.ref";

  /** Says why a snapshot was disowned. */
  private static final String LIE_LABEL = "containerd.io/snapshot/lazuli.lie";

  private static final String REMOTE_VALUE = "remote snapshot";

  /** Takes no label from clients that the snapshotter gives: it may be an image's annotation. */
  Snapshot {
    labels = ofClients(labels);
  }

  /** A snapshot of which no lie is known. */
  Snapshot(
      long id,
      String name,
      String parent,
      SnapshotKind kind,
      Map<String, String> labels,
      Instant created,
      Instant updated,
      Usage usage,
      Optional<LayerRequest> layer) {
    this(id, name, parent, kind, labels, created, updated, usage, layer, Optional.empty());
  }

  /**
   * Returns a snapshot as it was stored.
   *
   * @param stored its {@link #storedLabels}; those of an earlier version may hold an image's
   *     annotation in place of a lie, which its name shows
   */
  static Snapshot restored(
      long id,
      String name,
      String parent,
      SnapshotKind kind,
      Map<String, String> stored,
      Instant created,
      Instant updated,
      Usage usage,
      Optional<LayerRequest> layer) {
    var lie =
        Optional.ofNullable(stored.get(LIE_LABEL)).filter(_ -> name.startsWith(disownedPrefix(id)));
    return new Snapshot(id, name, parent, kind, stored, created, updated, usage, layer, lie);
  }

  boolean isRemote() {
    return layer.isPresent();
  }

  /** Returns those that are mounted layers, in the same order. */
  static List<Snapshot> remoteOf(List<Snapshot> snapshots) {
    return snapshots.stream().filter(Snapshot::isRemote).toList();
  }

  boolean hasParent() {
    return !parent.isEmpty();
  }

  /** Returns the labels to store: also the marks of a mounted layer, and of a disowned one. */
  Map<String, String> storedLabels() {
    if (layer.isEmpty()) {
      return labels;
    }
    var stored = new LinkedHashMap<>(labels);
    stored.put(REMOTE_LABEL, REMOTE_VALUE);
    lie.ifPresent(reason -> stored.put(LIE_LABEL, reason));
    return stored;
  }

  /**
   * Returns the labels that clients see: also which layer a mounted one is, and who brought it. No
   * annotation of an image becomes one of these.
   */
  Map<String, String> shownLabels() {
    if (layer.isEmpty()) {
      return labels;
    }
    var shown = new LinkedHashMap<>(storedLabels());
    shown.put(LayerRequest.SHOWN_IMAGE, layer.get().reference());
    shown.put(LayerRequest.SHOWN_LAYER, layer.get().digest().toString());
    layer.get().tocDigest().ifPresent(toc -> shown.put(LayerRequest.SHOWN_TOC, toc.toString()));
    layer
        .get()
        .tocChecksum()
        .ifPresent(toc -> shown.put(LayerRequest.SHOWN_COMPRESSED_TOC, toc.toString()));
    return shown;
  }

  /**
   * Returns whether a layer is being unpacked of which the client may not have said yet what it
   * builds on: containerd 2.2 and newer, told that a snapshotter has the capability {@code rebase},
   * unpacks layers side by side and names the parent in Commit.
   */
  boolean mayBeRebased() {
    return kind == SnapshotKind.ACTIVE && !hasParent() && !target().isEmpty();
  }

  /** Returns the chain ID that a client asked for; empty if it did not. */
  String target() {
    return labels.getOrDefault(TARGET_LABEL, "");
  }

  /** Returns this snapshot without the chain ID it was made for, so that it is not found by it. */
  Snapshot disowned(String reason, Instant now) {
    var kept = new LinkedHashMap<>(labels);
    kept.remove(TARGET_LABEL);
    var newName = disownedPrefix(id) + name;
    var why = Optional.of(reason);
    return new Snapshot(id, newName, parent, kind, kept, created, now, usage, layer, why);
  }

  private static String disownedPrefix(long id) {
    return "lied/" + id + "/";
  }

  Snapshot above(String newParent) {
    return new Snapshot(id, name, newParent, kind, labels, created, updated, usage, layer, lie);
  }

  Snapshot withLabels(Map<String, String> newLabels, Instant now) {
    return new Snapshot(id, name, parent, kind, newLabels, created, now, usage, layer, lie);
  }

  Snapshot committed(String newName, Map<String, String> newLabels, Usage used, Instant now) {
    return new Snapshot(
        id, newName, parent, SnapshotKind.COMMITTED, newLabels, now, now, used, Optional.empty());
  }

  private static Map<String, String> ofClients(Map<String, String> labels) {
    var kept = new LinkedHashMap<>(labels);
    // As containerd's own store does: to set a label to nothing is to remove it.
    kept.values().removeIf(String::isEmpty);
    kept.keySet().removeIf(Snapshot::isOurs);
    return Map.copyOf(kept);
  }

  private static boolean isOurs(String label) {
    return label.equals(REMOTE_LABEL)
        || label.equals(LIE_LABEL)
        || label.startsWith(LayerRequest.SHOWN);
  }
}
