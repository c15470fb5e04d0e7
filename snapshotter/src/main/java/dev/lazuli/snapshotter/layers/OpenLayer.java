package dev.lazuli.snapshotter.layers;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.bridge.erofs.ErofsImage;
import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.Pin;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import dev.lazuli.snapshotter.fetch.CacheChunkView;
import dev.lazuli.snapshotter.fetch.LayerFetch;
import dev.lazuli.snapshotter.fetch.SharedBlob;
import dev.lazuli.snapshotter.layers.serve.LayerReads;
import dev.lazuli.snapshotter.layers.serve.MountedTree;
import dev.lazuli.snapshotter.start.ReadChain;
import dev.lazuli.snapshotter.start.StartLayer;
import dev.lazuli.snapshotter.status.FetchState;
import dev.lazuli.snapshotter.status.MountKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A stored layer that is served and mounted. Opening it starts to answer for it; then it is either
 * {@linkplain #mount mounted} or {@linkplain #adopt adopted}. Safe for use by several threads.
 */
final class OpenLayer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(OpenLayer.class);

  private final LayerParts parts;
  private final String reference;
  private final LayerData data;
  private final ErofsImage image;
  private final SharedBlob blob;
  private final LayerFetch fetch;
  private final LayerTruth truth;

  @GuardedBy("this")
  private @Nullable MountedTree lazy;

  @GuardedBy("this")
  private @Nullable MountedTree local;

  @GuardedBy("this")
  private @Nullable Pin pin;

  @GuardedBy("this")
  private boolean closed;

  private volatile long availableUntil = System.nanoTime();

  private OpenLayer(
      LayerParts parts,
      LayerData data,
      ErofsImage image,
      SharedBlob blob,
      LayerFetch fetch,
      String reference) {
    this.parts = parts;
    this.reference = reference;
    this.data = data;
    this.image = image;
    this.blob = blob;
    this.fetch = fetch;
    this.truth = new LayerTruth(parts, data, blob, fetch, reference, this::proofEnded);
  }

  /**
   * Opens a stored layer and answers the kernel's reads of it from now on.
   *
   * @param reference the image that brought it
   * @param data becomes the layer's, to be closed with it; on failure it is closed
   */
  static OpenLayer open(LayerParts parts, String reference, LayerData data, SharedBlob blob)
      throws IOException {
    try (var opened = new OpenedParts()) {
      opened.add(data);
      var image = opened.add(ErofsImage.open(data.metaPath()));
      var compression =
          Compression.named(data.record().digest().toString(), data.record().compression());
      var fetch = opened.add(parts.scheduler().attach(data, blob, compression));
      var layer = new OpenLayer(parts, data, image, blob, fetch, reference);
      parts.served().add(reference, data, image, fetch, reads(parts, data, fetch));
      opened.keep();
      return layer;
    }
  }

  private static LayerReads reads(LayerParts parts, LayerData data, LayerFetch fetch) {
    var layer = data.record().digest().toString();
    return new LayerReads(
        data,
        fetch,
        parts.record().ahead().begin(layer, data.chunks()::size),
        new ReadChain(new CacheChunkView(data), parts.activity().followed()),
        parts.followed());
  }

  /** Returns handles for a head start, to be closed after it. */
  StartLayer forStart() throws IOException {
    return StartLayer.of(data, fetch);
  }

  LayerData data() {
    return data;
  }

  /** Mounts the layer and starts to fetch what is missing. */
  synchronized void mount(OptionalLong prefetchBytes) throws IOException {
    if (data.complete() && truth.mayBeLocal() && tryMountLocal()) {
      requestProof();
      return;
    }
    lazy = parts.lazy().mount(data);
    if (data.complete()) {
      requestProof();
    } else {
      becomeLocalWhenComplete();
      fill(prefetchBytes);
    }
  }

  /**
   * Takes over the mounts that a former daemon made, and goes on with what it did. Makes no lazy
   * mount: the kernel would ask for the layer's file, and nobody answers before the session is
   * taken over.
   */
  @SuppressWarnings("MustBeClosed") // close() gives the pin back.
  synchronized void adopt() throws IOException {
    lazy = parts.lazy().existing(data).orElse(null);
    if (data.complete()) {
      pin = data.pin();
      local = parts.local().existing(data).orElse(null);
      if (lazy != null) {
        switchToLocal(); // Where this fails, running containers keep the mount that they have.
      } else if (local == null && truth.mayBeLocal()) {
        mountLocal();
      }
      requestProof();
    } else {
      becomeLocalWhenComplete();
      fill(OptionalLong.empty());
    }
  }

  /** Mounts what {@link #adopt} found without a mount: that daemon died before it could mount. */
  synchronized void requireMounted() throws IOException {
    if (local == null && lazy == null) {
      lazy = parts.lazy().mount(data);
    }
  }

  private void becomeLocalWhenComplete() {
    var _ = fetch.completed().thenRun(this::completedByFetch);
  }

  private void completedByFetch() {
    requestProof();
    switchToLocal();
  }

  private void requestProof() {
    var _ = truth.request();
  }

  /**
   * Something was found, or nothing could be for now: the layer becomes local if it may, and what
   * the pass has left is fetched.
   */
  private void proofEnded() {
    switchToLocal();
    if (parts.options().backgroundFetch() && !data.complete()) {
      fetch.background();
    }
  }

  /** Starts what brings the rest of the layer: the landmark's range, then everything. */
  private void fill(OptionalLong prefetchBytes) {
    long landmark = data.record().prefetchEnd();
    long wanted = landmark >= 0 ? landmark : prefetchBytes.orElse(parts.options().prefetchBytes());
    long prefetch = Math.min(wanted, data.record().size());
    if (prefetch > 0 && parts.options().prefetch()) {
      var _ = fetch.prefetch(0, prefetch);
    }
    if (parts.options().backgroundFetch()) {
      new BackgroundStart(parts, reference, this::fetchRest).await();
    }
  }

  /** A proof reads the whole blob anyway, so it brings what is missing. */
  private void fetchRest() {
    if (!truth.request()) {
      fetch.background();
    }
  }

  /** From now on mounts of the layer's image need no daemon. */
  private synchronized void switchToLocal() {
    if (closed || local != null || !data.complete() || !truth.mayBeLocal()) {
      return;
    }
    if (tryMountLocal()) {
      log.info("layer {}: complete, new mounts are {}", digest(), parts.local().kind());
    }
  }

  /** Mounts the layer on its own data; returns false where that is not possible now. */
  @GuardedBy("this")
  private boolean tryMountLocal() {
    try {
      mountLocal();
      return true;
    } catch (IOException e) {
      log.warn(
          "layer {}: complete, but still mounted as {}: {}",
          digest(),
          parts.lazy().kind(),
          e.getMessage());
      return false;
    }
  }

  /** The kernel reads the data file itself from now on: nothing may be evicted from it. */
  @GuardedBy("this")
  @SuppressWarnings("MustBeClosed") // close() gives the pin back.
  private void mountLocal() throws IOException {
    if (pin == null) {
      pin = data.pin();
    }
    local = parts.local().mount(data);
  }

  LayerTruth truth() {
    return truth;
  }

  private Digest digest() {
    return data.record().digest();
  }

  /** Returns where to find the layer's tree from now on. */
  synchronized Path directory() {
    var tree = local != null ? local : lazy;
    if (tree == null) {
      throw new IllegalStateException("layer " + digest() + " is not mounted");
    }
    return tree.directory();
  }

  /** Returns the kind of mount that new containers get. */
  synchronized MountKind kind() {
    var tree = local != null ? local : lazy;
    return tree == null ? MountKind.NONE : tree.kind();
  }

  /** See {@link RemoteLayer#root}. */
  LayerEntry.Directory root() {
    return ImageDirectory.root(image);
  }

  /** See {@link RemoteLayer#mayImplyDirectories}. */
  boolean mayImplyDirectories() throws IOException {
    return !image.tellsImplied() || image.hasImplied();
  }

  /** See {@link RemoteLayer#check}. */
  void check() throws IOException {
    if (data.complete() || System.nanoTime() - availableUntil < 0) {
      return;
    }
    try (var first = blob.open(0, 1)) {
      if (first.next() == null) {
        throw new LayerMountException(digest(), "the registry sent nothing");
      }
    }
    countAsAvailable();
  }

  /** Says that the registry has just answered for this layer. */
  void countAsAvailable() {
    availableUntil = System.nanoTime() + parts.options().availabilityInterval().toNanos();
  }

  Usage usage() throws IOException {
    return new Usage(data.diskBytes(), image.inodeCount());
  }

  /** Fetches everything that is missing, now and before all work that nobody waits for. */
  void completeNow() {
    if (!data.complete()) {
      var _ = fetch.prefetch(0, data.record().size());
      fetch.background();
    }
  }

  /** Ends with the layer complete, or with an error when it is closed before. */
  CompletableFuture<Void> completed() {
    return fetch.completed();
  }

  /** Returns what is being done about missing content. */
  FetchState fetchState() {
    if (data.complete()) {
      return FetchState.COMPLETE;
    }
    return fetch
        .working()
        .map(
            priority ->
                switch (priority) {
                  case ON_DEMAND -> FetchState.DEMAND;
                  case PREFETCH -> FetchState.PREFETCH;
                  case BACKGROUND -> FetchState.BACKGROUND;
                })
        .or(truth::fetching)
        .orElse(fetch.waiting() ? FetchState.WAITING : FetchState.IDLE);
  }

  /** Ends answering, fetching and mounts; what is stored stays. Idempotent. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    truth.close();
    parts.followed().ended(data.slot());
    parts.served().stopAnswering(data.slot());
    close(fetch);
    close(local);
    close(lazy);
    parts.served().forget(data.slot());
    close(pin);
    close(image);
    data.close();
  }

  private void close(@Nullable AutoCloseable part) {
    try {
      if (part != null) {
        part.close();
      }
    } catch (Exception e) {
      log.warn("layer {}: {}", digest(), e.toString());
    }
  }
}
