package dev.lazuli.snapshotter.layers;

import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerRecord;
import dev.lazuli.cache.Pin;
import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.status.LayerStatus;
import dev.lazuli.snapshotter.status.MountKind;
import dev.lazuli.snapshotter.status.PruneReport;
import dev.lazuli.snapshotter.status.RequestException;
import dev.lazuli.snapshotter.status.RequestException.Reason;
import dev.lazuli.snapshotter.waterfall.Waterfall;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What operators see of the node's layers and may do with them. Everything works on what is stored,
 * never through a mount, so it can neither wait for this daemon's own answers nor hang with them.
 * Safe for use by several threads.
 */
public final class LayerActions {
  private static final Logger log = LoggerFactory.getLogger(LayerActions.class);

  /**
   * The claims by which pinned layers are fetched that no snapshot uses, one for each. A claim ends
   * when its layer is complete, or closed, or no longer pinned. Thread-safe.
   */
  static final class PinnedFetches {
    private final Map<Digest, RemoteLayer> claims = new ConcurrentHashMap<>();

    /**
     * Takes a claim over; one that is held already is enough.
     *
     * @param completed ends when there is nothing more to hold it for
     */
    void hold(RemoteLayer claim, CompletableFuture<Void> completed) {
      if (claims.putIfAbsent(claim.digest(), claim) != null) {
        claim.close();
        return;
      }
      var _ = completed.whenCompleteAsync((_, _) -> end(claim.digest()), PinnedFetches::aside);
    }

    /** A claim must be closed even if there is no thread for it. */
    private static void aside(Runnable action) {
      try {
        Thread.startVirtualThread(action);
      } catch (RejectedExecutionException | OutOfMemoryError e) {
        action.run();
      }
    }

    /**
     * Ends the claim on a layer, if there is one: with it the layer goes that nobody else wants.
     */
    void end(Digest digest) {
      var claim = claims.remove(digest);
      if (claim != null) {
        claim.close();
      }
    }
  }

  private final LayerParts parts;
  private final Layers layers;
  private final PinnedFetches fetches;
  private final Claimants needed;

  LayerActions(LayerParts parts, Layers layers, PinnedFetches fetches, Claimants needed) {
    this.parts = parts;
    this.layers = layers;
    this.fetches = fetches;
    this.needed = needed;
  }

  /** Returns the status of every layer that is stored or being pulled. */
  public List<LayerStatus> status() {
    var all = new ArrayList<>(report(parts.store().list()));
    parts.bulk().progress().forEach(pull -> all.add(LayerReport.ofPull(pull)));
    return all;
  }

  /** Counts the layers, without opening any. */
  public LayerCounts counts() {
    var byMount = new EnumMap<MountKind, Long>(MountKind.class);
    var records = parts.store().list();
    for (var record : records) {
      var open = layers.inUse(record.digest()).flatMap(SharedLayer::ifOpen);
      byMount.merge(open.map(OpenLayer::kind).orElse(MountKind.NONE), 1L, Long::sum);
    }
    return new LayerCounts(
        byMount,
        records.stream().filter(record -> record.completed() != null).count(),
        records.stream().filter(record -> record.pinned() != null).count(),
        parts.scheduler().openStreams(),
        parts.scheduler().waitingReads(),
        starts(),
        parts.kept().count(),
        parts.kept().bytes());
  }

  private LayerCounts.StartCounts starts() {
    var ahead = parts.record().ahead().decided();
    var followed = parts.activity().followed();
    return new LayerCounts.StartCounts(
        ahead.readBytes(), ahead.unreadBytes(), followed.namedChunks(), followed.readChunks());
  }

  /** Returns the disk space that eviction has freed since the daemon started. */
  public long evictedBytes() {
    return parts.store().evictedBytes();
  }

  /** Returns how often layers could not be synced since the daemon started. */
  public long failedSyncs() {
    return parts.store().failedSyncs();
  }

  /**
   * Returns the status of some layers.
   *
   * @param name an image's reference, a layer's digest or the beginning of one
   */
  public List<LayerStatus> status(String name) throws RequestException {
    return report(find(name));
  }

  /**
   * Returns how the start of an image's containers went, as far as the record reaches back.
   *
   * @param name an image's reference, or a digest of one of its layers
   */
  public Waterfall waterfall(String name) throws RequestException, IOException {
    return layers.waterfall(LayerNames.reference(name, find(name).getFirst()), Optional.empty());
  }

  /**
   * Starts to fetch what some layers lack, before all work that no reader waits for, and does not
   * wait for it.
   *
   * @param name an image's reference, a layer's digest or the beginning of one
   * @return the layers as they are now
   * @throws RequestException also if nobody uses the layer, so that it would go as soon as it came
   */
  public List<LayerStatus> fetch(String name) throws RequestException, IOException {
    for (var record : find(name)) {
      if (record.completed() == null) {
        complete(record);
      }
    }
    return status(name);
  }

  /**
   * Keeps layers whatever the quota says and whether or not anybody uses them, or stops keeping
   * them, and fetching those that nobody uses.
   *
   * @param name an image's reference, a layer's digest or the beginning of one
   * @return the layers as they are now
   */
  public List<LayerStatus> pin(String name, boolean wanted) throws RequestException, IOException {
    var found = find(name);
    for (var record : found) {
      if (parts.store().keep(record.digest(), wanted)) {
        log.info("layer {}: {}", record.digest(), wanted ? "pinned" : "no longer pinned");
      }
    }
    var now = report(found);
    if (!wanted) {
      found.forEach(record -> fetches.end(record.digest()));
    }
    return now;
  }

  /**
   * Removes layers that no snapshot needs and nobody has pinned.
   *
   * @param toBytes evict further, unused chunks last, until all layers take no more than this
   * @param dryRun only say what would come free
   */
  public PruneReport prune(OptionalLong toBytes, boolean dryRun) throws IOException {
    var wanted = needed.layers();
    var store = parts.store();
    long before = store.usedBytes();
    if (dryRun) {
      return estimate(wanted, toBytes, before);
    }
    var stored = digests();
    layers.settle(wanted);
    if (toBytes.isPresent()) {
      shrink(wanted, toBytes.getAsLong());
    }
    stored.removeAll(digests());
    long now = store.usedBytes();
    return new PruneReport(
        false, texts(stored), Math.max(0, before - now), now, now - evictable(wanted));
  }

  /** What a snapshot needs must not go only because the snapshot could not be restored yet. */
  private void shrink(Set<Digest> wanted, long bytes) throws IOException {
    var pins = new ArrayList<Pin>();
    try {
      for (var digest : wanted) {
        if (layers.inUse(digest).isEmpty()) {
          parts.store().pin(digest).ifPresent(pins::add);
        }
      }
      parts.store().shrinkTo(bytes);
    } finally {
      pins.forEach(Pin::close);
    }
  }

  private PruneReport estimate(Set<Digest> wanted, OptionalLong toBytes, long used) {
    var unused =
        parts.store().list().stream()
            .filter(layer -> layer.pinned() == null && !wanted.contains(layer.digest()))
            .map(LayerRecord::digest)
            .filter(digest -> layers.inUse(digest).isEmpty() || layers.isOnlyAdopted(digest))
            .toList();
    long free = unused.stream().mapToLong(parts.store()::diskBytes).sum();
    long most = evictable(wanted) + adoptedBytes(unused);
    if (toBytes.isPresent()) {
      free = Math.max(free, Math.min(most, used - toBytes.getAsLong()));
    }
    return new PruneReport(true, texts(unused), free, used, used - most);
  }

  private long evictable(Set<Digest> wanted) {
    return digests().stream()
        .filter(digest -> !wanted.contains(digest) || layers.inUse(digest).isPresent())
        .mapToLong(parts.store()::evictableBytes)
        .sum();
  }

  /** Returns what comes free of layers whose mounts go first. */
  private long adoptedBytes(List<Digest> unused) {
    return unused.stream()
        .mapToLong(digest -> parts.store().diskBytes(digest) - parts.store().evictableBytes(digest))
        .sum();
  }

  private static List<String> texts(List<Digest> digests) {
    return digests.stream().map(Digest::toString).toList();
  }

  private List<Digest> digests() {
    var digests = new ArrayList<Digest>();
    parts.store().list().forEach(record -> digests.add(record.digest()));
    return digests;
  }

  private List<LayerRecord> find(String name) throws RequestException {
    return LayerNames.find(name, parts.store().list());
  }

  private void complete(LayerRecord record) throws RequestException, IOException {
    var digest = record.digest();
    var open = layers.inUse(digest).flatMap(SharedLayer::ifOpen);
    if (open.isPresent()) {
      open.get().completeNow();
    } else if (record.pinned() != null) {
      completeUnused(record);
    } else {
      throw new RequestException(
          Reason.CONFLICT,
          "no snapshot uses layer " + digest + ", so it would be removed: pin it first");
    }
  }

  /** Holds a claim until the layer is complete or no longer pinned. */
  private void completeUnused(LayerRecord record) throws IOException {
    var digest = record.digest();
    if (record.references().isEmpty()) {
      throw new IOException(
          "no image is recorded from which layer " + digest + " could be fetched");
    }
    try (var opened = new OpenedParts()) {
      var request = LayerRequest.of(record.references().getFirst(), digest);
      var claim = opened.add(layers.mountAhead(request));
      var open = layers.inUse(digest).flatMap(SharedLayer::ifOpen);
      if (open.isPresent()) {
        open.get().completeNow();
        fetches.hold(claim, open.get().completed());
        opened.keep();
        if (!parts.store().isKept(digest)) {
          fetches.end(digest); // Meanwhile nobody wants it any more.
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while layer " + digest + " was opened", e);
    }
  }

  private List<LayerStatus> report(List<LayerRecord> records) {
    return records.stream().flatMap(record -> report(record.digest()).stream()).toList();
  }

  private Optional<LayerStatus> report(Digest digest) {
    return layers.inUse(digest).flatMap(SharedLayer::status).or(() -> reportIdle(digest));
  }

  private Optional<LayerStatus> reportIdle(Digest digest) {
    try (LayerData data = parts.store().find(digest).orElse(null)) {
      return data == null
          ? Optional.empty()
          : Optional.of(LayerReport.ofIdle(data, parts.activity()));
    } catch (IOException e) {
      log.warn("layer {}: cannot be opened: {}", digest, e.getMessage());
      return Optional.empty();
    }
  }
}
