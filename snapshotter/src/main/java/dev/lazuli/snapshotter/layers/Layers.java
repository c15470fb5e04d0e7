package dev.lazuli.snapshotter.layers;

import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerInUseException;
import dev.lazuli.cache.LayerRecord;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.snapshotter.bulk.NoIndexException;
import dev.lazuli.snapshotter.start.StartLimits;
import dev.lazuli.snapshotter.status.LayerStatus;
import dev.lazuli.snapshotter.waterfall.Waterfall;
import dev.lazuli.snapshotter.waterfall.WaterfallReader;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All layers of this node that are in use, by digest. Safe for use by several threads. */
public final class Layers implements RemoteLayers, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Layers.class);

  /** How long to leave files to those who have yet to close them; doubles up to the limit. */
  private static final long REMOVAL_MILLIS = 200;

  private static final long MOST_REMOVAL_MILLIS = 60_000;

  private final LayerParts parts;
  private final LayersInUse used;
  private volatile Claimants needed = Set::of;
  private volatile boolean known;
  private final Queue<SharedLayer> adopted = new ConcurrentLinkedQueue<>();
  private final HeadStarts headStarts;
  private final WaysToLayers ways;
  private final LayerActions.PinnedFetches fetches = new LayerActions.PinnedFetches();

  Layers(LayerParts parts) {
    this.parts = parts;
    this.used = new LayersInUse(digest -> new SharedLayer(digest, parts));
    this.ways = new WaysToLayers(parts);
    this.headStarts =
        new HeadStarts(
            parts.origin(),
            parts.followed(),
            StartLimits.DEFAULT.withBlobBytes(parts.options().headStartBytes()),
            digest -> inUse(digest).flatMap(SharedLayer::ifOpen));
  }

  @Override
  public RemoteLayer mount(LayerRequest request) throws IOException, InterruptedException {
    return start(request, Trust.REQUIRED);
  }

  /** Claims a layer for a container that has yet to start. */
  private RemoteLayer start(LayerRequest request, Trust trust)
      throws IOException, InterruptedException {
    try {
      if (parts.isTrue(request.digest())) {
        return claim(request, Trust.REQUIRED, headStarts::mounted);
      }
      return ways.lazily(request, trust, known -> claim(known, trust, headStarts::mounted));
    } catch (IOException | RuntimeException e) {
      headStarts.failed(request);
      throw e;
    }
  }

  @Override
  public RemoteLayer pull(LayerRequest request, boolean isAwaited)
      throws IOException, InterruptedException {
    ways.requireBulk(request);
    var digest = request.digest();
    var blob = parts.origin().blob(request.reference(), digest, -1);
    try (var _ = parts.bulk().pull(digest, request.reference(), blob, isAwaited)) {
      return claim(request, Trust.REQUIRED, _ -> {});
    }
  }

  @Override
  public List<Digest> listed(LayerRequest request) throws IOException {
    return parts.origin().listed(request);
  }

  @Override
  public RemoteLayer mountAhead(LayerRequest request) throws IOException, InterruptedException {
    return ways.ahead(request, () -> start(request, Trust.DEFERRED));
  }

  @Override
  public RemoteLayer restore(LayerRequest request) throws IOException, InterruptedException {
    var claim = claimAgain(request);
    for (var layer : List.copyOf(adopted)) {
      if (layer.digest().equals(request.digest()) && adopted.remove(layer)) {
        release(layer);
      }
    }
    return claim;
  }

  /** What was pulled whole and has been lost since can be had in the same way. */
  private RemoteLayer claimAgain(LayerRequest request) throws IOException, InterruptedException {
    try {
      return claim(request, Trust.RESTORED, _ -> {});
    } catch (NoIndexException | LayerFormatException e) { // The latter of an index from elsewhere.
      log.warn("{}; pulling it whole again", e.getMessage());
      return pull(request, /* isAwaited= */ true);
    }
  }

  private RemoteLayer claim(LayerRequest request, Trust trust, Consumer<LayerRequest> mounted)
      throws IOException, InterruptedException {
    var layer = used.use(request.digest());
    boolean claimed = false;
    boolean first;
    try {
      first = layer.claim(request, trust);
      claimed = true;
    } finally {
      if (!claimed) {
        used.leave(request.digest());
      }
    }
    try (var opened = new OpenedParts()) {
      var claim = opened.add(new Claim(layer, request, trust, () -> release(layer)));
      if (first) {
        mounted.accept(request);
      }
      opened.keep();
      return claim;
    }
  }

  /**
   * Opens the layers that a former daemon left mounted, each with a claim that lasts until the
   * first snapshot of it was restored, or {@link #settle} finds that none needs it. A layer that
   * cannot be opened is left out, and its readers get errors until the snapshot that needs it has
   * been restored, which is tried until it works.
   */
  void adoptAll() {
    for (var record : parts.store().list()) {
      var layer = used.use(record.digest());
      try {
        layer.adopt(record);
        adopted.add(layer);
      } catch (IOException | RuntimeException e) {
        log.error("layer {}: not taken over: {}", record.digest(), e.getMessage());
        used.leave(record.digest());
      }
    }
  }

  /**
   * Names those who need layers whether or not they hold claims: snapshots that could not be
   * restored yet. Without them, claims alone count.
   */
  public void neededBy(Claimants claimants) {
    boolean first = !known;
    known = true;
    needed = claimants;
    if (first) {
      parts.timer().execute(this::settle);
    }
  }

  /** Returns whether nothing but the take-over from a former daemon holds the layer. */
  boolean isOnlyAdopted(Digest digest) {
    return adopted.stream().anyMatch(layer -> layer.digest().equals(digest) && layer.claims() == 1);
  }

  @Override
  public void onFinding(Findings.Listener listener) {
    parts.findings().tell(listener);
  }

  @Override
  public void usesChanged(Digest digest) {
    try {
      Optional<String> lie;
      do {
        lie = parts.findings().judge(digest);
        lie.ifPresentOrElse(reason -> refuse(digest, reason), () -> admit(digest));
        // Another thread may have known better, and have acted on it, just before.
      } while (!parts.findings().judge(digest).equals(lie));
    } catch (IOException e) {
      log.error("layer {}: cannot tell whether it may be read: {}", digest, e.toString());
    }
  }

  private void refuse(Digest digest, String reason) {
    parts.findings().refuse(digest, reason);
    inUse(digest).flatMap(SharedLayer::ifOpen).ifPresent(layer -> layer.truth().refuse(reason));
  }

  private void admit(Digest digest) {
    parts.findings().admit(digest);
    inUse(digest).flatMap(SharedLayer::ifOpen).ifPresent(layer -> layer.truth().admit());
  }

  /** Gives up what was adopted or stored and is needed by no snapshot; logs a failure. */
  void settle() {
    try {
      var _ = settle(needed.layers());
    } catch (IOException | RuntimeException e) {
      log.warn("layers that no snapshot needs cannot be removed yet: {}", e.toString());
    }
  }

  /**
   * Gives up what was adopted or stored, is not in {@code wanted} and is held by nobody else.
   *
   * @return digests of the layers whose files are gone
   */
  List<Digest> settle(Set<Digest> wanted) {
    var before = stored();
    for (var layer : List.copyOf(adopted)) {
      // What is wanted and held by us alone is waiting for its snapshot to be restored.
      boolean ours = wanted.contains(layer.digest()) && layer.claims() == 1;
      if (!ours && adopted.remove(layer)) {
        release(layer);
      }
    }
    for (var record : parts.store().list()) {
      if (!wanted.contains(record.digest()) && record.pinned() == null) {
        var _ = removeUnclaimed(record.digest());
      }
    }
    before.removeAll(stored());
    return before;
  }

  private List<Digest> stored() {
    return parts.store().list().stream()
        .map(LayerRecord::digest)
        .collect(Collectors.toCollection(ArrayList::new));
  }

  /** False if somebody still holds its files open. Without our lock, since deleting takes long. */
  private boolean removeUnclaimed(Digest digest) {
    if (inUse(digest).isPresent() || parts.store().isKept(digest)) {
      return true;
    }
    try {
      if (parts.store().remove(digest)) {
        log.info("layer {}: removed, no snapshot needs it", digest);
      }
    } catch (LayerInUseException e) {
      return false;
    } catch (IOException e) {
      log.warn("layer {}: its files cannot be removed: {}", digest, e.getMessage());
    }
    return true;
  }

  /**
   * Removes a layer that nobody claims once its files are closed: a checkpoint, a status, a head
   * start or a stream that takes long to end may hold them for a moment more.
   */
  private void removeSoon(Digest digest, long millis) {
    Runnable attempt =
        () -> {
          if (!removeUnclaimed(digest)) {
            removeSoon(digest, Math.min(2 * millis, MOST_REMOVAL_MILLIS));
          }
        };
    try {
      var _ = parts.timer().schedule(attempt, millis, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("layer {}: left to the next daemon", digest);
    }
  }

  private void release(SharedLayer layer) {
    boolean gone = layer.release();
    used.leave(layer.digest());
    if (!gone) {
      removeSoon(layer.digest(), REMOVAL_MILLIS);
    }
  }

  /** Returns what operators see of the layers in use. */
  List<LayerStatus> status() {
    return used.all().stream().flatMap(layer -> layer.status().stream()).toList();
  }

  /**
   * Returns how the start of an image's containers went.
   *
   * @param reference the image's reference as its client wrote it
   * @param began when the start began
   * @throws IOException if what a layer has on disk cannot be read
   */
  public Waterfall waterfall(String reference, Instant began) throws IOException {
    return waterfall(reference, Optional.of(began));
  }

  @SuppressWarnings("MustBeClosed") // We close them all.
  Waterfall waterfall(String reference, Optional<Instant> began) throws IOException {
    var shared = new ArrayList<LayerData>();
    try {
      for (var layer : used.all().stream().flatMap(layer -> layer.ifOpen().stream()).toList()) {
        if (layer.data().record().references().contains(reference)) {
          shared.add(layer.data().share());
        }
      }
      shared.sort(Comparator.comparingLong(LayerData::slot));
      return new WaterfallReader(parts.record()).read(reference, shared, began);
    } finally {
      shared.forEach(LayerData::close);
    }
  }

  /** Returns a layer while somebody uses it. */
  Optional<SharedLayer> inUse(Digest digest) {
    return used.find(digest);
  }

  /** Returns what operators may see and do. */
  public LayerActions actions() {
    return new LayerActions(parts, this, fetches, needed);
  }

  /** Unmounts everything and keeps what is stored. Idempotent. */
  @Override
  public void close() {
    adopted.clear();
    used.all().forEach(SharedLayer::stop);
    used.clear();
  }
}
