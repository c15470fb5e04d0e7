package dev.lazuli.snapshotter.podman;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.layers.Findings;
import dev.lazuli.snapshotter.layers.RemoteLayer;
import dev.lazuli.snapshotter.layers.RemoteLayers;
import dev.lazuli.snapshotter.metrics.Metrics;
import dev.lazuli.snapshotter.metrics.MountOutcome;
import dev.lazuli.snapshotter.podman.StoreImages.Found;
import dev.lazuli.snapshotter.status.Trouble;
import dev.lazuli.snapshotter.status.Troubles;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The layers of the store that are mounted, and those that are being looked for, each by one
 * thread. Thread-safe.
 */
final class HeldLayers {
  /** Layers that are asked for and not used, those being looked for among them. */
  static final int MOST_UNUSED = 512;

  private static final Logger log = LoggerFactory.getLogger(HeldLayers.class);

  private final RemoteLayers layers;
  private final StoreImages images;
  private final StoreUses uses;
  private final StoreBans bans;
  private final Metrics metrics;
  private final LongSupplier nanoTime;
  private final Map<StoreName, CompletableFuture<HeldLayer>> flights = new ConcurrentHashMap<>();
  private volatile @Nullable Troubles troubles;

  HeldLayers(
      RemoteLayers layers,
      StoreImages images,
      StoreUses uses,
      StoreBans bans,
      Metrics metrics,
      LongSupplier nanoTime) {
    this.layers = layers;
    this.images = images;
    this.uses = uses;
    this.bans = bans;
    this.metrics = metrics;
    this.nanoTime = nanoTime;
  }

  /** Takes the list of what fails from now on. */
  void tell(Troubles newTroubles) {
    troubles = newTroubles;
  }

  /** Returns a layer, or the search for it, which several may wait for. */
  CompletableFuture<HeldLayer> find(StoreName name) {
    var there = flights.get(name);
    if (there != null) {
      return there;
    }
    if (uses.find(name).isEmpty() && flights.size() - uses.size() >= MOST_UNUSED) {
      return CompletableFuture.failedFuture(
          new IOException("too many layers of the store are asked for and not used"));
    }
    var flight = new CompletableFuture<HeldLayer>();
    var other = flights.putIfAbsent(name, flight);
    if (other != null) {
      return other;
    }
    try {
      Thread.ofVirtual().name("store-" + name.toc()).start(() -> fly(name, flight));
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      flights.remove(name, flight);
      flight.completeExceptionally(e);
    }
    return flight;
  }

  private void fly(StoreName name, CompletableFuture<HeldLayer> flight) {
    try {
      var layer = mount(name);
      flight.complete(layer);
      if (layer.isJudged()) {
        layers.usesChanged(layer.layer().digest());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      fail(name, flight, e);
    } catch (Throwable e) { // Top of the thread.
      fail(name, flight, e);
    }
  }

  private void fail(StoreName name, CompletableFuture<HeldLayer> flight, Throwable reason) {
    flights.remove(name, flight);
    flight.completeExceptionally(reason);
  }

  private HeldLayer mount(StoreName name) throws IOException, InterruptedException {
    var used = uses.find(name);
    if (used.isPresent()) {
      var found = new Found(used.get().layer(), List.of());
      return told(name, found, Trouble.Kind.RESTORE, () -> layers.restore(used.get().request()));
    }
    Found found;
    try {
      found = images.find(name);
    } catch (IOException e) {
      log.info("store: {}", e.getMessage());
      throw e;
    }
    var request = new StoredUse(name, found.layer(), 0, List.of()).request(found.chain());
    return told(name, found, Trouble.Kind.MOUNT, () -> layers.mount(request));
  }

  private interface Mounting {
    RemoteLayer mount() throws IOException, InterruptedException;
  }

  private HeldLayer told(StoreName name, Found found, Trouble.Kind kind, Mounting mounting)
      throws IOException, InterruptedException {
    var telling = Optional.ofNullable(troubles);
    long began = System.nanoTime();
    try {
      var claim = mounting.mount();
      answered(claim.complete() ? MountOutcome.LOCAL : MountOutcome.LAZY, began);
      telling.ifPresent(list -> list.ended(kind, name.toString()));
      var ban = bans.reason(found.layer(), claim.request());
      return new HeldLayer(name, found.layer(), claim, ban, nanoTime.getAsLong());
    } catch (IOException e) {
      answered(MountOutcome.FALLBACK, began);
      var layer = found.layer().digest();
      var reason = String.valueOf(e.getMessage());
      log.warn("store: layer {} of {} is not mounted: {}", layer, name.image(), reason);
      telling.ifPresent(
          list -> list.failed(kind, layer.toString(), name.image(), name.toString(), reason));
      throw e;
    }
  }

  private void answered(MountOutcome outcome, long began) {
    metrics.mountAnswered(outcome, Duration.ofNanos(System.nanoTime() - began));
  }

  /** Returns a layer that is mounted. */
  Optional<HeldLayer> mounted(StoreName name) {
    return Optional.ofNullable(flights.get(name)).stream().flatMap(HeldLayers::arrived).findFirst();
  }

  /** Returns all that are mounted. */
  List<HeldLayer> mounted() {
    return flights.values().stream().flatMap(HeldLayers::arrived).toList();
  }

  private static Stream<HeldLayer> arrived(CompletableFuture<HeldLayer> flight) {
    return flight.state() == Future.State.SUCCESS ? Stream.of(flight.join()) : Stream.empty();
  }

  /** Closes a layer that was taken. */
  void close(HeldLayer layer) {
    boolean isJudged = layer.isJudged();
    layer.close();
    if (isJudged) {
      layers.usesChanged(layer.layer().digest());
    }
  }

  /** Returns what is known of the uses of a layer. */
  Findings.Uses uses(Digest digest) {
    var all = mounted().stream().filter(layer -> layer.layer().digest().equals(digest)).toList();
    return new Findings.Uses(
        all.stream().anyMatch(layer -> layer.lie().isEmpty()),
        all.stream().flatMap(layer -> layer.lie().stream()).findFirst());
  }

  /** Forgets a layer, which stays mounted until its claim is closed. */
  Optional<CompletableFuture<HeldLayer>> take(StoreName name) {
    return Optional.ofNullable(flights.remove(name));
  }
}
