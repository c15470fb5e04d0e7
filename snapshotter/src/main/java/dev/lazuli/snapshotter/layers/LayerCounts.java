package dev.lazuli.snapshotter.layers;

import dev.lazuli.snapshotter.status.MountKind;
import java.util.EnumMap;
import java.util.Map;

/**
 * How many layers a node has.
 *
 * @param byMount by how new containers get them, every kind
 * @param complete of all, those that lack nothing
 * @param pinned of all, those that somebody wants kept
 * @param openStreams ranges that are being fetched
 */
public record LayerCounts(
    Map<MountKind, Long> byMount, long complete, long pinned, int openStreams) {
  /** A node without layers. */
  public static final LayerCounts NONE = new LayerCounts(Map.of(), 0, 0, 0);

  /** Adds the kinds that are missing, with none. */
  public LayerCounts {
    var all = new EnumMap<MountKind, Long>(MountKind.class);
    for (var kind : MountKind.values()) {
      all.put(kind, byMount.getOrDefault(kind, 0L));
    }
    byMount = Map.copyOf(all);
  }
}
