package dev.lazuli.snapshotter.podman;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.bridge.fuse.StoreHandler;
import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.layers.Findings;
import dev.lazuli.snapshotter.layers.LayerOrigin;
import dev.lazuli.snapshotter.layers.RemoteLayers;
import dev.lazuli.snapshotter.metrics.Metrics;
import dev.lazuli.snapshotter.proof.BannedLayers;
import dev.lazuli.snapshotter.proof.Finding;
import dev.lazuli.snapshotter.status.Trouble;
import dev.lazuli.snapshotter.status.Troubles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The layers that Podman and CRI-O use through the store. A layer is mounted when it is asked for,
 * and stays while uses of it are counted; one that nobody came to use is given up after a while.
 * Thread-safe.
 */
public final class PodmanStore implements StoreHandler, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PodmanStore.class);

  /** How long a layer is kept for who asked for it and has yet to use it. */
  static final Duration UNUSED = Duration.ofMinutes(2);

  private static final int LOOK_SECONDS = 15;

  /** Whoever takes the last use back may do so just before a use is counted. */
  private static final int MOST_TRIES = 5;

  private final RemoteLayers layers;
  private final StoreUses uses;
  private final HeldLayers held;
  private final StoreBans bans;
  private final Duration timeout;
  private final LongSupplier nanoTime;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("lazuli-store").factory());

  /** Held while counts change, and with them what is mounted. */
  private final Object counting = new Object();

  @GuardedBy("counting")
  private @Nullable Troubles troubles;

  PodmanStore(
      RemoteLayers layers,
      StoreImages images,
      StoreUses uses,
      BannedLayers banned,
      Metrics metrics,
      Duration timeout,
      LongSupplier nanoTime) {
    this.layers = layers;
    this.uses = uses;
    this.bans = new StoreBans(banned);
    this.held = new HeldLayers(layers, images, uses, bans, metrics, nanoTime);
    this.timeout = timeout;
    this.nanoTime = nanoTime;
  }

  /**
   * Opens the store; nothing is mounted before it is asked for, or {@link #start}.
   *
   * @param file where uses are kept
   * @param layers mounts
   * @param origin knows what images list
   * @param banned what has lied on this node
   * @param timeout how long an asker waits
   * @throws IOException if the file cannot be read
   */
  public static PodmanStore open(
      Path file,
      RemoteLayers layers,
      LayerOrigin origin,
      BannedLayers banned,
      Metrics metrics,
      Duration timeout)
      throws IOException {
    return new PodmanStore(
        layers,
        new StoreImages(origin),
        StoreUses.open(file),
        banned,
        metrics,
        timeout,
        System::nanoTime);
  }

  /** Mounts what is used again, now and until it works, and tells troubles from now on. */
  public void start(Troubles list) {
    synchronized (counting) {
      troubles = list;
    }
    held.tell(list);
    layers.onFinding(
        new Findings.Listener() {
          @Override
          public void found(Digest digest, Finding finding) {
            PodmanStore.this.found(digest, finding);
          }

          @Override
          public Findings.Uses uses(Digest digest) {
            return held.uses(digest);
          }
        });
    var _ = timer.scheduleWithFixedDelay(this::look, 0, LOOK_SECONDS, TimeUnit.SECONDS);
  }

  /** Does what time brings. */
  void look() {
    try {
      uses.saveAgain();
      for (var use : uses.all()) {
        var _ = held.find(use.name());
      }
      held.mounted().forEach(this::giveUpIfUnused);
    } catch (RuntimeException e) {
      log.error("layers of the store: {}", e.toString());
    }
  }

  private void giveUpIfUnused(HeldLayer layer) {
    synchronized (counting) {
      if (nanoTime.getAsLong() - layer.lastAsked() < UNUSED.toNanos()
          || uses.find(layer.name()).isPresent()
          || !holds(layer)) {
        return;
      }
      var _ = held.take(layer.name());
    }
    held.close(layer);
    log.info("layer {}: given up, nobody came to use it", layer.layer().digest());
  }

  @GuardedBy("counting")
  private boolean holds(HeldLayer layer) {
    return held.mounted(layer.name()).filter(layer::equals).isPresent();
  }

  /** Returns how often each layer is used. */
  public Map<Digest, Integer> counts() {
    return uses.all().stream()
        .collect(Collectors.toMap(use -> use.layer().digest(), StoredUse::count, Integer::sum));
  }

  @Override
  public boolean isImage(String image) {
    return StoreName.reference(image).isPresent();
  }

  @Override
  public boolean isLayer(String layer) {
    return StoreName.toc(layer).isPresent();
  }

  @Override
  public CompletableFuture<View> find(String image, String layer) {
    return name(image, layer)
        .thenCompose(held::find)
        .<View>thenApply(this::shown)
        .orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static CompletableFuture<StoreName> name(String image, String layer) {
    return StoreName.parse(image, layer)
        .map(CompletableFuture::completedFuture)
        .orElseGet(() -> CompletableFuture.failedFuture(new IOException("no name of a layer")));
  }

  /** Shows nobody what is known not to be what its image says. */
  private HeldLayer shown(HeldLayer layer) {
    layer.asked(nanoTime.getAsLong());
    var lie = layer.lie();
    if (lie.isPresent()) {
      throw new CompletionException(new IOException(lie.get()));
    }
    return layer;
  }

  @Override
  public @Nullable View view(String image, String layer) {
    return StoreName.parse(image, layer)
        .flatMap(held::mounted)
        .filter(mounted -> mounted.lie().isEmpty())
        .orElse(null);
  }

  @Override
  public CompletableFuture<Void> use(String image, String layer, Request request) {
    return name(image, layer).thenAcceptAsync(name -> use(name, request), threads);
  }

  private void use(StoreName name, Request request) {
    try {
      for (int i = 0; i < MOST_TRIES; i++) {
        var layer = held.find(name).get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        synchronized (counting) {
          if (holds(layer)) {
            uses.use(name, layer.layer(), request.number(), request.isRepeated());
            return;
          }
        }
      }
      throw new IOException("released each time that it was found");
    } catch (IOException | ExecutionException | TimeoutException e) {
      log.warn("store: use of {} is not counted: {}", name, e.toString());
      throw new CompletionException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CompletionException(e);
    }
  }

  @Override
  public CompletableFuture<Void> release(String image, String layer, Request request) {
    return name(image, layer).thenAcceptAsync(name -> release(name, request), threads);
  }

  private void release(StoreName name, Request request) {
    Optional<CompletableFuture<HeldLayer>> gone = Optional.empty();
    synchronized (counting) {
      if (uses.release(name, request.number(), request.isRepeated())) {
        gone = held.take(name);
        if (troubles != null) {
          troubles.ended(Trouble.Kind.LIE, name.toString());
          troubles.ended(Trouble.Kind.RESTORE, name.toString());
        }
      }
    }
    if (gone.isPresent()) {
      var _ = gone.get().thenAccept(held::close);
    }
  }

  private void found(Digest digest, Finding finding) {
    for (var layer : held.mounted()) {
      var lie =
          layer.layer().digest().equals(digest) ? layer.lieBy(finding) : Optional.<String>empty();
      if (lie.isPresent()) {
        bans.ban(layer, finding, lie.get());
        lied(layer, lie.get());
      }
    }
    layers.usesChanged(digest);
  }

  private void lied(HeldLayer layer, String reason) {
    var name = layer.name();
    var digest = layer.layer().digest().toString();
    log.error("store: layer {} of {} is not what its image says: {}", digest, name.image(), reason);
    synchronized (counting) {
      if (troubles != null) {
        troubles.failed(Trouble.Kind.LIE, digest, name.image(), name.toString(), reason);
      }
    }
  }

  /** Ends what time brings; what is used stays mounted for the next daemon. Idempotent. */
  @Override
  public void close() {
    timer.shutdownNow();
  }
}
