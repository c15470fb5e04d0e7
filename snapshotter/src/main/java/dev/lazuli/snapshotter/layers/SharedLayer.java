package dev.lazuli.snapshotter.layers;

import static java.util.Objects.requireNonNull;

import dev.lazuli.bridge.erofs.ErofsImage;
import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.Pin;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Sha256;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.snapshotter.fetch.LayerFetch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One layer of this node while anybody uses it: indexed, served, mounted, and given up with the
 * last claim. All state is guarded by one lock per layer, so layers never wait for each other.
 */
final class SharedLayer {
  private static final Logger log = LoggerFactory.getLogger(SharedLayer.class);

  /** How often background fetch is put off for readers at most. */
  private static final int MOST_DELAYS = 20;

  private final String digest;
  private final LayerParts parts;
  private final ReentrantLock lock = new ReentrantLock();

  private volatile @Nullable LayerData data;
  private @Nullable ErofsImage image;
  private @Nullable Pin pin;
  private @Nullable BlobSource blob;
  private @Nullable LayerFetch fetch;
  private @Nullable MountedTree lazy;
  private @Nullable MountedTree local;
  private int claims;
  private int ownerUid;
  private int ownerGid;
  private volatile long availableUntil = Long.MIN_VALUE;

  SharedLayer(String digest, LayerParts parts) {
    this.digest = digest;
    this.parts = parts;
  }

  String digest() {
    return digest;
  }

  /**
   * Mounts the layer if it is not, and counts one more claim.
   *
   * @throws IOException if it cannot be mounted; then nothing has changed
   */
  void claim(LayerRequest request, Trust trust) throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      var opened = data;
      if (opened == null) {
        mount(request, trust);
      } else if (trust == Trust.REQUIRED) {
        requireTrusted(request, opened);
      }
      claims++;
    } finally {
      lock.unlock();
    }
  }

  private void mount(LayerRequest request, Trust trust) throws IOException, InterruptedException {
    var opened =
        trust == Trust.DEFERRED ? open(request, new TocTrust.Deferred()) : openTrusted(request);
    try {
      var metadata = ErofsImage.open(opened.metaPath());
      image = metadata;
      var source = source(request, opened.record().size());
      blob = source;
      var fetching = parts.scheduler().attach(opened, source, compression(opened));
      fetch = fetching;
      ownerUid = metadata.uid(metadata.rootNid());
      ownerGid = metadata.gid(metadata.rootNid());
      parts.served().add(opened, metadata, fetching);
      if (opened.complete()) {
        mountLocal(opened);
      } else {
        lazy = parts.lazy().mount(opened);
        var _ = fetching.completed().thenRun(this::switchToLocal);
        fill(request, opened, fetching);
      }
      data = opened;
      touch();
    } catch (IOException | RuntimeException e) {
      tearDown(opened);
      throw e;
    }
  }

  private LayerData openTrusted(LayerRequest request) throws IOException, InterruptedException {
    var opened = open(request, trust(request));
    try {
      requireTrusted(request, opened);
      return opened;
    } catch (IOException e) {
      opened.close();
      throw e;
    }
  }

  private LayerData open(LayerRequest request, TocTrust trust)
      throws IOException, InterruptedException {
    return parts.indexer().index(digest, request.reference(), source(request, -1), trust);
  }

  private BlobSource source(LayerRequest request, long size) throws IOException {
    return parts.origin().blob(request.reference(), digest, size);
  }

  private TocTrust trust(LayerRequest request) throws IOException {
    if (request.tocDigest().isPresent()) {
      return new TocTrust.Json(Sha256.parse(request.tocDigest().get()));
    }
    if (request.skipVerification() && parts.options().allowUnverified()) {
      log.warn("layer {}: mounted without verification, as client and configuration ask", digest);
      return new TocTrust.Unverified();
    }
    throw new LayerMountException(
        digest, "no TOC digest among the labels, so its content could not be verified");
  }

  /** The index may stem from another reference or from an earlier, unclaimed look. */
  private void requireTrusted(LayerRequest request, LayerData opened) throws IOException {
    var expected = request.tocDigest();
    if (expected.isEmpty()) {
      trust(request);
    } else if (!expected.get().equals(opened.record().tocDigest())) {
      throw new LayerMountException(
          digest,
          "TOC digest is "
              + opened.record().tocDigest()
              + ", the client's label says "
              + expected.get());
    }
  }

  private static Compression compression(LayerData opened) {
    return Compression.valueOf(opened.record().compression());
  }

  /** Starts what brings the rest of the layer: the landmark's range, then everything. */
  private void fill(LayerRequest request, LayerData opened, LayerFetch fetching) {
    long landmark = opened.record().prefetchEnd();
    long wanted =
        landmark >= 0 ? landmark : request.prefetchBytes().orElse(parts.options().prefetchBytes());
    long prefetch = Math.min(wanted, opened.record().size());
    if (prefetch > 0 && parts.options().prefetch()) {
      var _ = fetching.prefetch(0, prefetch);
    }
    if (parts.options().backgroundFetch()) {
      backgroundWhenQuiet(fetching, MOST_DELAYS);
    }
  }

  /**
   * Readers come first: the rest of the layer is fetched once nobody has missed anything for a
   * while, but a node that is never quiet must not wait for ever.
   */
  private void backgroundWhenQuiet(LayerFetch fetching, int delaysLeft) {
    var delay = parts.options().backgroundDelay();
    Runnable check =
        () -> {
          if (delaysLeft == 0 || parts.served().quietTime().compareTo(delay) >= 0) {
            fetching.background();
          } else {
            backgroundWhenQuiet(fetching, delaysLeft - 1);
          }
        };
    var _ = parts.timer().schedule(check, delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** From now on mounts of the layer's image need no daemon. */
  private void switchToLocal() {
    lock.lock();
    try {
      var opened = data;
      if (opened == null || local != null || !opened.complete()) {
        return;
      }
      mountLocal(opened);
      log.info("layer {}: complete, new mounts are {}", digest, parts.local().kind());
    } catch (IOException e) {
      log.warn("layer {}: complete, but stays {}: {}", digest, parts.lazy().kind(), e.getMessage());
    } finally {
      lock.unlock();
    }
  }

  /** The kernel reads the data file itself from now on: nothing may be evicted from it. */
  private void mountLocal(LayerData opened) throws IOException {
    var held = opened.pin();
    try {
      local = parts.local().mount(opened);
      pin = held;
    } catch (IOException e) {
      held.close();
      throw e;
    }
  }

  /** Takes one claim back; with the last one the layer is unmounted and its files are removed. */
  void release() {
    lock.lock();
    try {
      var opened = data;
      if (--claims > 0 || opened == null) {
        return;
      }
      data = null;
      tearDown(opened);
      forget();
    } finally {
      lock.unlock();
    }
  }

  private void forget() {
    try {
      if (parts.store().remove(digest)) {
        log.info("layer {}: removed with its last snapshot", digest);
      }
    } catch (IOException e) {
      log.warn("layer {}: its files stay: {}", digest, e.getMessage());
    }
  }

  /** Ends use of the layer but keeps what is stored, for the next daemon. */
  void stop() {
    lock.lock();
    try {
      var opened = data;
      if (opened != null) {
        data = null;
        claims = 0;
        tearDown(opened);
      }
    } finally {
      lock.unlock();
    }
  }

  private void tearDown(LayerData opened) {
    parts.served().remove(opened.slot());
    fetch = close(fetch);
    local = close(local);
    lazy = close(lazy);
    pin = close(pin);
    image = close(image);
    opened.close();
  }

  private <T extends AutoCloseable> @Nullable T close(@Nullable T part) {
    if (part != null) {
      try {
        part.close();
      } catch (Exception e) {
        log.warn("layer {}: {}", digest, e.toString());
      }
    }
    return null;
  }

  Path directory() {
    lock.lock();
    try {
      var tree = local != null ? local : lazy;
      if (tree == null) {
        throw new IllegalStateException("layer " + digest + " is not mounted");
      }
      return tree.directory();
    } finally {
      lock.unlock();
    }
  }

  int ownerUid() {
    return ownerUid;
  }

  int ownerGid() {
    return ownerGid;
  }

  /** See {@link RemoteLayer#check}. */
  void check() throws IOException {
    LayerData opened = data;
    if (opened == null) {
      throw new LayerMountException(digest, "is not mounted");
    }
    if (opened.complete() || System.nanoTime() < availableUntil) {
      return;
    }
    try (var first = requireNonNull(blob).open(0, 1)) {
      if (first.next() == null) {
        throw new LayerMountException(digest, "the registry sent nothing");
      }
    }
    touch();
  }

  private void touch() {
    availableUntil = System.nanoTime() + parts.options().availabilityInterval().toNanos();
  }

  Usage usage() throws IOException {
    LayerData opened = data;
    return opened == null ? Usage.NONE : new Usage(opened.diskBytes(), 1);
  }
}
