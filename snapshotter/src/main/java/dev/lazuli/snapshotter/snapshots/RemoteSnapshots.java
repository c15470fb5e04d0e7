package dev.lazuli.snapshotter.snapshots;

import dev.lazuli.snapshotter.bulk.NoIndexException;
import dev.lazuli.snapshotter.bulk.WholePullException;
import dev.lazuli.snapshotter.layers.LayerRequest;
import dev.lazuli.snapshotter.layers.RemoteLayer;
import dev.lazuli.snapshotter.layers.RemoteLayers;
import dev.lazuli.snapshotter.snapshots.SnapshotException.Reason;
import dev.lazuli.snapshotter.status.Trouble.Kind;
import dev.lazuli.snapshotter.status.Troubles;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The claims that snapshots hold on mounted layers: one per remote snapshot, by its id. A claim
 * that was not restored yet, or could not be, is taken again when it is needed, and whenever the
 * owner says so. Safe for use by several threads.
 *
 * <p>Mounting happens on threads of its own that nobody interrupts, since an interrupt would close
 * files that others share: whoever waits too long goes away, and what arrives afterwards is given
 * up at once.
 */
final class RemoteSnapshots {
  private static final Logger log = LoggerFactory.getLogger(RemoteSnapshots.class);

  /** Something that takes long and ends with a claim. */
  private interface Mounting {
    RemoteLayer run() throws IOException, InterruptedException;
  }

  private final RemoteLayers layers;
  private final Duration timeout;
  private final Duration pullTimeout;
  private final Troubles troubles;
  private final Map<Long, CompletableFuture<RemoteLayer>> claims = new ConcurrentHashMap<>();
  private volatile BiConsumer<Snapshot, RemoteLayer> onRestored = (_, _) -> {};

  /**
   * Makes an empty set.
   *
   * @param timeout for what is mounted before it is here
   * @param pullTimeout for what is pulled whole
   */
  RemoteSnapshots(RemoteLayers layers, Duration timeout, Duration pullTimeout, Troubles troubles) {
    this.layers = layers;
    this.timeout = timeout;
    this.pullTimeout = pullTimeout;
    this.troubles = troubles;
  }

  /**
   * Mounts a layer for a snapshot that is to be; the claim belongs to the caller until {@link
   * #hold}.
   *
   * @throws NoIndexException if {@link #pull} may be tried
   */
  RemoteLayer mount(LayerRequest request) throws IOException {
    var flight = start("mount-" + request.digest(), () -> layers.mount(request));
    return awaitOrClose(flight, request, "mounted", timeout);
  }

  /** Does the same with a layer that has no index, once it is here whole. */
  RemoteLayer pull(LayerRequest request) throws IOException {
    var flight =
        start("pull-" + request.digest(), () -> layers.pull(request, /* isAwaited= */ true));
    return awaitOrClose(flight, request, "pulled", pullTimeout);
  }

  private static RemoteLayer awaitOrClose(
      CompletableFuture<RemoteLayer> flight, LayerRequest request, String done, Duration patience)
      throws IOException {
    try {
      return await(flight, patience);
    } catch (TimeoutException e) {
      var _ = flight.thenAccept(RemoteLayer::close);
      throw new IOException(
          "layer %s was not %s within %s".formatted(request.digest(), done, patience), e);
    } catch (IOException | RuntimeException e) {
      // Nobody waits any more, but an interrupted wait leaves a flight that may yet arrive.
      var _ = flight.thenAccept(RemoteLayer::close);
      throw e;
    }
  }

  /** Starts to find out whether a layer without a parent is the lowest of its image. */
  LowestLayer lowest(LayerRequest request, String parent, Map<String, String> labels)
      throws IOException {
    return LowestLayer.of(request, parent, labels, () -> layers.listed(request));
  }

  /**
   * Keeps the claim of a snapshot that is in the store by now: ids of changes that failed are given
   * out again. Where somebody has used the snapshot at once, and so taken a claim, theirs goes.
   */
  void hold(Snapshot snapshot, RemoteLayer layer) {
    var other = claims.put(snapshot.id(), CompletableFuture.completedFuture(layer));
    if (other != null) {
      var _ = other.thenAccept(RemoteLayer::close);
    }
  }

  /** Returns whether a claim could not be taken again when it was tried last. */
  boolean anyFailed() {
    return claims.values().stream().anyMatch(CompletableFuture::isCompletedExceptionally);
  }

  /** Takes who is told of each claim that was taken again, before anybody gets it. */
  void onRestored(BiConsumer<Snapshot, RemoteLayer> listener) {
    onRestored = listener;
  }

  /** Starts to take the claims of these snapshots that are not held; returns at once. */
  void restore(List<Snapshot> snapshots) {
    for (var snapshot : snapshots) {
      var _ = claim(snapshot);
    }
  }

  /**
   * Returns the claims of these snapshots, in their order, after all of them were found readable.
   */
  List<RemoteLayer> readable(List<Snapshot> snapshots) throws SnapshotException {
    return await(
        snapshots,
        snapshots.stream()
            .map(snapshot -> claim(snapshot).thenCompose(RemoteSnapshots::check))
            .toList());
  }

  /**
   * Returns the claims of these snapshots, in their order, once all are held; nothing is asked of
   * registries for layers that are mounted.
   */
  List<RemoteLayer> mounted(List<Snapshot> snapshots) throws SnapshotException {
    return await(snapshots, snapshots.stream().map(this::claim).toList());
  }

  private List<RemoteLayer> await(
      List<Snapshot> snapshots, List<CompletableFuture<RemoteLayer>> checks)
      throws SnapshotException {
    var readable = new ArrayList<RemoteLayer>();
    for (int i = 0; i < checks.size(); i++) {
      try {
        readable.add(await(checks.get(i)));
      } catch (IOException | TimeoutException e) {
        throw new SnapshotException(
            Reason.UNAVAILABLE,
            "layer of snapshot " + snapshots.get(i).name() + " is unavailable: " + reason(e),
            e);
      }
    }
    return readable;
  }

  /** Returns the claim of a snapshot if it is held already. */
  Optional<RemoteLayer> held(Snapshot snapshot) {
    var claim = claims.get(snapshot.id());
    return claim == null || claim.isCompletedExceptionally()
        ? Optional.empty()
        : Optional.ofNullable(claim.getNow(null));
  }

  /**
   * Takes away the claims of all other snapshots than these; the caller closes what they end with.
   */
  List<CompletableFuture<RemoteLayer>> takeAllBut(Set<Long> ids) {
    var taken = new ArrayList<CompletableFuture<RemoteLayer>>();
    for (var id : List.copyOf(claims.keySet())) {
      if (!ids.contains(id)) {
        taken.add(claims.remove(id));
      }
    }
    return taken;
  }

  private CompletableFuture<RemoteLayer> claim(Snapshot snapshot) {
    return claims.compute(
        snapshot.id(),
        (_, held) ->
            held == null || held.isCompletedExceptionally() ? startRestore(snapshot) : held);
  }

  private CompletableFuture<RemoteLayer> startRestore(Snapshot snapshot) {
    var request = snapshot.layer().orElseThrow();
    return start("restore-" + request.digest(), () -> restore(snapshot, request))
        .whenComplete((_, failure) -> note(snapshot, request, failure));
  }

  private RemoteLayer restore(Snapshot snapshot, LayerRequest request)
      throws IOException, InterruptedException {
    var layer = layers.restore(request);
    try {
      onRestored.accept(snapshot, layer);
      return layer;
    } catch (RuntimeException e) {
      layer.close();
      throw e;
    }
  }

  private void note(Snapshot snapshot, LayerRequest request, @Nullable Throwable failure) {
    if (failure == null) {
      if (troubles.ended(Kind.RESTORE, snapshot.name())) {
        log.info("layer {}: restored for snapshot {}", request.digest(), snapshot.name());
      }
      return;
    }
    var trouble =
        troubles.failed(
            Kind.RESTORE,
            request.digest().toString(),
            request.reference(),
            snapshot.name(),
            reason(failure));
    // Said at the first, second, fourth, eighth ... time: a node may have many such layers.
    log.atLevel(Integer.bitCount(trouble.times()) == 1 ? Level.WARN : Level.DEBUG)
        .addKeyValue("snapshot", snapshot.name())
        .addKeyValue("layer", request.digest())
        .addKeyValue("reason", trouble.reason())
        .log("remote snapshot could not be restored; trying again later");
  }

  private static CompletableFuture<RemoteLayer> check(RemoteLayer layer) {
    return start(
        "check-" + layer.digest(),
        () -> {
          layer.check();
          return layer;
        });
  }

  private static CompletableFuture<RemoteLayer> start(String name, Mounting mounting) {
    var flight = new CompletableFuture<RemoteLayer>();
    Thread.ofVirtual()
        .name(name)
        .start(
            () -> {
              try {
                flight.complete(mounting.run());
              } catch (Throwable e) {
                flight.completeExceptionally(e);
              }
            });
    return flight;
  }

  private RemoteLayer await(CompletableFuture<RemoteLayer> flight)
      throws IOException, TimeoutException {
    return await(flight, timeout);
  }

  private static RemoteLayer await(CompletableFuture<RemoteLayer> flight, Duration patience)
      throws IOException, TimeoutException {
    try {
      return flight.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof NoIndexException none) {
        throw none;
      }
      if (e.getCause() instanceof WholePullException whole) {
        throw whole;
      }
      throw new IOException(reason(e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for a layer", e);
    }
  }

  /** Returns what went wrong in one line, without the wrappers of futures. */
  private static String reason(Throwable failure) {
    var cause = failure;
    while ((cause instanceof ExecutionException || cause instanceof CompletionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    var message = cause.getMessage();
    return cause instanceof IOException && message != null ? message : cause.toString();
  }
}
