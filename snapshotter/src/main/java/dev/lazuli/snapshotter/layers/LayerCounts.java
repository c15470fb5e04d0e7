package dev.lazuli.snapshotter.layers;

import dev.lazuli.snapshotter.fetch.plan.WaitingReads;
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
 * @param waitingReads readers that wait for content
 * @param starts what was fetched before readers asked for it
 * @param keptIndexes indexes that are kept of layers that were pulled whole
 * @param keptIndexBytes what they take on the disk
 */
public record LayerCounts(
    Map<MountKind, Long> byMount,
    long complete,
    long pinned,
    int openStreams,
    WaitingReads waitingReads,
    StartCounts starts,
    int keptIndexes,
    long keptIndexBytes) {
  /**
   * What a node has fetched before readers asked for it, since the daemon started.
   *
   * @param aheadReadBytes content that was fetched ahead and read, of starts that are over
   * @param aheadUnreadBytes content that was fetched ahead and not read, of the same
   * @param followedChunks chunks that were fetched along for readers in a chain
   * @param followedReadChunks of these, those that were read
   */
  public record StartCounts(
      long aheadReadBytes, long aheadUnreadBytes, long followedChunks, long followedReadChunks) {
    /** Nothing was fetched yet. */
    static final StartCounts NONE = new StartCounts(0, 0, 0, 0);
  }

  /** A node without layers. */
  public static final LayerCounts NONE =
      new LayerCounts(Map.of(), 0, 0, 0, WaitingReads.NONE, StartCounts.NONE, 0, 0);

  /** Adds the kinds that are missing, with none. */
  public LayerCounts {
    var all = new EnumMap<MountKind, Long>(MountKind.class);
    for (var kind : MountKind.values()) {
      all.put(kind, byMount.getOrDefault(kind, 0L));
    }
    byMount = Map.copyOf(all);
  }
}
