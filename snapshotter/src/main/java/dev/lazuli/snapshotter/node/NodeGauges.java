package dev.lazuli.snapshotter.node;

import dev.lazuli.snapshotter.layers.LayerCounts;
import dev.lazuli.snapshotter.metrics.Metrics;
import dev.lazuli.snapshotter.share.SidePublisher.PublishCounts;
import dev.lazuli.snapshotter.status.MountKind;
import dev.lazuli.snapshotter.status.Trouble;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What is read of a daemon at each scrape.
 *
 * @param version of the program
 * @param layers its layers
 * @param troubles how many layers could not be mounted lazily, by kind
 * @param diskBytes what layers take
 * @param quotaBytes what they may take, 0 for no limit
 * @param evictedBytes what was evicted so far
 * @param failedSyncs how often layers could not be synced
 * @param room on the disk where layers are kept
 * @param mountsLazily whether layers are mounted lazily at all
 * @param published what was published of indexes
 */
record NodeGauges(
    String version,
    Supplier<LayerCounts> layers,
    Supplier<Map<Trouble.Kind, Long>> troubles,
    LongSupplier diskBytes,
    long quotaBytes,
    LongSupplier evictedBytes,
    LongSupplier failedSyncs,
    Supplier<DiskRoom> room,
    BooleanSupplier mountsLazily,
    Supplier<PublishCounts> published) {
  private static final double NANOS_IN_A_SECOND = 1e9;

  void register(Metrics metrics) {
    metrics.watchEach(
        "lazuli_build",
        "Always 1; its label is the version that runs.",
        "version",
        () -> Map.of(version, 1L));
    metrics.watchEach(
        "lazuli_layers",
        "Layers on this node, by how new containers get them.",
        "mount",
        this::byMount);
    metrics.watch(
        "lazuli_complete_layers", "Complete layers on this node.", () -> layers.get().complete());
    metrics.watch(
        "lazuli_pinned_layers", "Pinned layers on this node.", () -> layers.get().pinned());
    metrics.watchEach(
        "lazuli_troubles",
        "Current troubles, 100 at most: layers that were not mounted lazily for a pull (mount),"
            + " because their snapshot belongs to another image's layer (conflict), because the"
            + " configuration does not want it (policy), or after a restart (restore), or that are"
            + " not what their image says (lie).",
        "kind",
        this::byKind);
    metrics.watch(
        "lazuli_open_streams", "Ranges being fetched now.", () -> layers.get().openStreams());
    metrics.watch(
        "lazuli_waiting_reads",
        "Reads that wait for missing content now.",
        () -> layers.get().waitingReads().count());
    metrics.watch(
        "lazuli_oldest_waiting_read_seconds",
        "For how long the first of the reads that wait has waited.",
        () -> layers.get().waitingReads().longestNanos() / NANOS_IN_A_SECOND);
    metrics.watch(
        "lazuli_kept_indexes",
        "Indexes that are kept of layers that were pulled whole.",
        () -> layers.get().keptIndexes());
    metrics.watch(
        "lazuli_kept_index_bytes",
        "Disk space that kept indexes take.",
        () -> layers.get().keptIndexBytes());
    metrics.watch("lazuli_cache_bytes", "Disk space that layers take.", diskBytes::getAsLong);
    metrics.watch(
        "lazuli_cache_quota_bytes",
        "Disk space that layers may take, 0 for no limit.",
        () -> quotaBytes);
    metrics.watch(
        "lazuli_disk_free_bytes",
        "Disk space that is free where layers are kept.",
        () -> room.get().freeBytes());
    metrics.watch(
        "lazuli_disk_reserve_bytes",
        "Disk space to leave free (cache.reserve): with less, nothing is fetched ahead of readers.",
        () -> room.get().reserveBytes());
    metrics.watch(
        "lazuli_mounts_lazily",
        "1 if layers are mounted lazily, 0 if this daemon can mount none.",
        () -> mountsLazily.getAsBoolean() ? 1 : 0);
    metrics.watchTotal(
        "lazuli_evicted_bytes", "Disk space that eviction freed.", evictedBytes::getAsLong);
    metrics.watchTotal(
        "lazuli_cache_failed_syncs",
        "Failed syncs of layers; what they should have written is verified again before use.",
        failedSyncs::getAsLong);
    registerStarts(metrics);
    registerPublished(metrics);
  }

  private void registerStarts(Metrics metrics) {
    metrics.watchTotal(
        "lazuli_ahead_read_bytes",
        "Content that was fetched before a reader asked for it and was then read, of starts that"
            + " are over.",
        () -> layers.get().starts().aheadReadBytes());
    metrics.watchTotal(
        "lazuli_ahead_unread_bytes",
        "Content that was fetched before a reader asked for it and was not read, of starts that"
            + " are over.",
        () -> layers.get().starts().aheadUnreadBytes());
    metrics.watchTotal(
        "lazuli_followed_chunks",
        "Chunks that were fetched along because readers had missed others close to them.",
        () -> layers.get().starts().followedChunks());
    metrics.watchTotal(
        "lazuli_followed_read_chunks",
        "Chunks that were fetched along and then read.",
        () -> layers.get().starts().followedReadChunks());
  }

  private void registerPublished(Metrics metrics) {
    metrics.watchTotal(
        "lazuli_published_indexes",
        "Indexes of layers that this node has published in the side repository.",
        () -> published.get().indexes());
    metrics.watchTotal(
        "lazuli_publish_failures",
        "Failed tries to publish the indexes of an image.",
        () -> published.get().failures());
  }

  private Map<String, Long> byMount() {
    var counts = new TreeMap<String, Long>();
    layers.get().byMount().forEach((MountKind kind, Long count) -> counts.put(kind.label(), count));
    return counts;
  }

  private Map<String, Long> byKind() {
    var counts = new TreeMap<String, Long>();
    troubles.get().forEach((kind, count) -> counts.put(kind.label(), count));
    return counts;
  }
}
