package dev.lazuli.snapshotter.snapshots;

import dev.lazuli.snapshotter.layers.LayerRequest;
import dev.lazuli.snapshotter.layers.Usage;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A node of the snapshot tree.
 *
 * @param id never used again; names the snapshot's directory
 * @param name what containerd calls it: the key of a view or an active snapshot, the name of a
 *     committed one
 * @param parent name of the snapshot below, empty at the bottom
 * @param usage what it took when it was committed
 * @param layer the layer that is mounted as this snapshot, if one is
 */
record Snapshot(
    long id,
    String name,
    String parent,
    Kind kind,
    Map<String, String> labels,
    Instant created,
    Instant updated,
    Usage usage,
    Optional<LayerRequest> layer) {
  /**
   * Marks a snapshot whose content is a lazily mounted layer, as other snapshotters mark theirs.
   */
  private static final String REMOTE_LABEL = "containerd.io/snapshot/remote";

  private static final String REMOTE_VALUE = "remote snapshot";

  Snapshot {
    labels = withoutEmpty(labels);
  }

  boolean isRemote() {
    return layer.isPresent();
  }

  boolean hasParent() {
    return !parent.isEmpty();
  }

  /**
   * Returns the labels that clients see: also which layer a mounted one is, and who brought it.
   * They are not stored among the others, and no annotation of an image becomes one of them.
   */
  Map<String, String> shownLabels() {
    if (layer.isEmpty()) {
      return labels;
    }
    var shown = new LinkedHashMap<>(labels);
    shown.put(LayerRequest.SHOWN_IMAGE, layer.get().reference());
    shown.put(LayerRequest.SHOWN_LAYER, layer.get().digest());
    layer.get().tocDigest().ifPresent(toc -> shown.put(LayerRequest.SHOWN_TOC, toc));
    layer.get().tocChecksum().ifPresent(toc -> shown.put(LayerRequest.SHOWN_COMPRESSED_TOC, toc));
    return shown;
  }

  Snapshot withLabels(Map<String, String> newLabels, Instant now) {
    return new Snapshot(id, name, parent, kind, newLabels, created, now, usage, layer);
  }

  Snapshot committed(String newName, Map<String, String> newLabels, Usage used, Instant now) {
    return new Snapshot(
        id, newName, parent, Kind.COMMITTED, newLabels, now, now, used, Optional.empty());
  }

  static Map<String, String> markRemote(Map<String, String> labels) {
    var marked = new LinkedHashMap<>(labels);
    marked.put(REMOTE_LABEL, REMOTE_VALUE);
    return marked;
  }

  // As containerd's own store does: to set a label to nothing is to remove it.
  private static Map<String, String> withoutEmpty(Map<String, String> labels) {
    var kept = new LinkedHashMap<>(labels);
    kept.values().removeIf(String::isEmpty);
    return Map.copyOf(kept);
  }
}
