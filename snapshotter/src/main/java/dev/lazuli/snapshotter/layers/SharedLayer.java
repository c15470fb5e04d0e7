package dev.lazuli.snapshotter.layers;

import com.google.errorprone.annotations.MustBeClosed;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerInUseException;
import dev.lazuli.cache.LayerRecord;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.snapshotter.bulk.NoIndexException;
import dev.lazuli.snapshotter.fetch.ImagesInUse;
import dev.lazuli.snapshotter.fetch.SharedBlob;
import dev.lazuli.snapshotter.layers.index.IndexedLayer;
import dev.lazuli.snapshotter.locks.KeyedLocks;
import dev.lazuli.snapshotter.status.LayerStatus;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One layer of this node while anybody uses it: opened by the first claim and closed when the last
 * one is released. Guarded by a lock of its own, so layers never wait for each other; nothing is
 * asked of a registry under that lock, so neither do images of different registries.
 */
final class SharedLayer {
  private static final Logger log = LoggerFactory.getLogger(SharedLayer.class);

  private final Digest digest;
  private final LayerParts parts;
  private final ReentrantLock lock = new ReentrantLock();
  private volatile @Nullable OpenLayer open;
  private final AtomicInteger claims = new AtomicInteger();
  private final ImagesInUse images = new ImagesInUse();

  /** Those that are within {@link #claim}. */
  @GuardedBy("lock")
  private int asking;

  /** By registry: who asks the same one waits for the first, and then finds what that brought. */
  private final KeyedLocks<String> indexing = new KeyedLocks<>();

  private final TableTrust tables;
  private final Admission admission;

  SharedLayer(Digest digest, LayerParts parts) {
    this.digest = digest;
    this.parts = parts;
    this.tables = new TableTrust(digest, parts.options().allowUnverified());
    this.admission = new Admission(digest, parts, tables);
  }

  Digest digest() {
    return digest;
  }

  /** Returns the layer; it is open while a claim is held. */
  OpenLayer opened() throws LayerMountException {
    var layer = open;
    if (layer == null) {
      throw new LayerMountException(digest, "is not mounted");
    }
    return layer;
  }

  /** Returns the layer if it is open. */
  Optional<OpenLayer> ifOpen() {
    return Optional.ofNullable(open);
  }

  /**
   * Mounts the layer if it is not, and counts one more claim.
   *
   * @return whether it was not mounted before
   * @throws IOException if it cannot be mounted; then nothing has changed
   */
  boolean claim(LayerRequest request, Trust trust) throws IOException, InterruptedException {
    begin(request);
    try {
      return claimOnceHere(request, trust);
    } finally {
      end();
    }
  }

  private void begin(LayerRequest request) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      asking++;
      parts.record().requested(digest.toString(), request.reference());
      parts.activity().begin(digest.toString());
    } finally {
      lock.unlock();
    }
  }

  private void end() {
    lock.lock();
    try {
      asking--;
      forgetActivityIfUnused();
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void forgetActivityIfUnused() {
    if (asking == 0 && open == null) {
      parts.activity().forget(digest.toString());
      parts.record().forget(digest.toString());
    }
  }

  private boolean claimOnceHere(LayerRequest request, Trust trust)
      throws IOException, InterruptedException {
    var asker = admission.of(request, trust);
    while (true) {
      asker.ask();
      try (var indexed = indexed(request, trust)) {
        lock.lockInterruptibly();
        try {
          var layer = open;
          if (layer != null) {
            requireTable(asker, layer);
            if (asker.mayHaveIt()) {
              share(layer, asker);
              return false;
            }
          } else if (indexed != null && mount(indexed, request, asker)) {
            return true;
          }
        } finally {
          lock.unlock();
        }
      }
    }
  }

  private void share(OpenLayer layer, Admission.Asker asker) throws IOException {
    asker.note(layer.data());
    layer.requireMounted();
    claims.incrementAndGet();
  }

  /** Where two images disagree, the proof says who is right: it is asked for at once. */
  private void requireTable(Admission.Asker asker, OpenLayer layer) throws IOException {
    try {
      asker.requireTable(layer.data().record());
    } catch (LayerMountException | NoIndexException e) {
      var _ = layer.truth().request();
      throw e;
    }
  }

  /** Returns the layer as it is stored, or will be once it is indexed; null if it is open now. */
  @MustBeClosed
  private @Nullable IndexedLayer indexed(LayerRequest request, Trust trust)
      throws IOException, InterruptedException {
    if (open != null) {
      return null;
    }
    try (var _ = indexing.lockInterruptibly(request.registry())) {
      if (open != null) {
        return null;
      }
      var tocTrust =
          parts.isTrue(digest)
              ? new TocTrust.Deferred()
              : trust == Trust.DEFERRED ? tables.ahead(request) : tables.of(request);
      var unsized = parts.origin().blob(request.reference(), digest, -1);
      if (trust != Trust.DEFERRED) {
        forgetUnlessTrusted(request);
      }
      var image = request.reference();
      return parts
          .indexer()
          .index(digest, image, unsized, tocTrust, () -> parts.origin().externalToc(image, digest));
    }
  }

  private boolean mount(IndexedLayer indexed, LayerRequest request, Admission.Asker asker)
      throws IOException {
    var data = indexed.data();
    asker.requireTable(data.record());
    if (!asker.mayHaveIt()) {
      return false;
    }
    try (var opened = new OpenedParts()) {
      asker.note(data);
      var blob = source(request.reference(), data);
      var layer = opened.add(OpenLayer.open(parts, request.reference(), indexed.take(), blob));
      if (indexed.asked()) {
        layer.countAsAvailable();
      }
      layer.mount(request.prefetchBytes());
      opened.keep();
      open = layer;
    }
    parts.record().mounted(digest.toString());
    claims.incrementAndGet();
    return true;
  }

  /** Opens the layer as an earlier daemon left it mounted, with one claim. */
  void adopt(LayerRecord record) throws IOException {
    lock.lock();
    try {
      if (record.references().isEmpty()) {
        throw new IOException("no image is recorded from which it could be fetched");
      }
      var reference = record.references().getFirst();
      parts.record().requested(digest.toString(), reference);
      parts.activity().begin(digest.toString());
      var data =
          parts.store().find(digest).orElseThrow(() -> new IOException(digest + " is not stored"));
      try (var opened = new OpenedParts()) {
        var layer = opened.add(OpenLayer.open(parts, reference, data, source(reference, data)));
        layer.adopt();
        opened.keep();
        open = layer;
      }
      claims.incrementAndGet();
    } finally {
      lock.unlock();
    }
  }

  /** Returns the blob from the registries of all images that were found to have the layer. */
  private SharedBlob source(String reference, LayerData data) throws IOException {
    long size = data.record().size();
    return new SharedBlob(
        image -> parts.origin().blob(image, digest, size),
        reference,
        () -> Tenancy.onePerRepository(images.before(data.record().references())));
  }

  /** A stored layer with another table of contents is replaced if it is unused. */
  private void forgetUnlessTrusted(LayerRequest request) throws IOException {
    try (var stored = parts.store().find(digest).orElse(null)) {
      if (stored == null) {
        return;
      }
      tables.require(request, stored.record());
      return;
    } catch (LayerMountException | NoIndexException e) {
      log.info("{}; indexing it again", e.getMessage());
    } catch (IOException e) {
      log.debug("layer {}: {}", digest, e.getMessage()); // The indexer makes it anew.
      return;
    }
    try {
      parts.store().remove(digest);
    } catch (LayerInUseException e) {
      log.debug("layer {}: {}", digest, e.getMessage());
    }
  }

  /**
   * Takes one claim back; with the last one the layer is unmounted and its files are removed.
   *
   * @return false if they are to be removed but somebody still holds them open
   */
  boolean release() {
    lock.lock();
    try {
      var layer = open;
      if (claims.decrementAndGet() > 0 || layer == null) {
        return true;
      }
      open = null;
      layer.close();
      forgetActivityIfUnused();
    } finally {
      lock.unlock();
    }
    return removed();
  }

  /** Returns what operators see of the layer; empty if it is not open. */
  Optional<LayerStatus> status() {
    var layer = open;
    return layer == null
        ? Optional.empty()
        : Optional.of(
            LayerReport.of(
                    layer.data(), layer.kind(), layer.fetchState(), claims.get(), parts.activity())
                .withProof(layer.truth().state(), layer.truth().reason()));
  }

  /** See {@link RemoteLayer#isSharedWith}. */
  boolean isSharedWith(String reference) {
    var layer = open;
    return layer != null
        && parts.options().tenancy().shares(layer.data().record().references(), reference);
  }

  /** See {@link RemoteLayer#confirmed}. */
  void confirmed(LayerRequest request) {
    parts.origin().publisher().confirmed(request.reference(), request.manifestDigest(), digest);
  }

  int claims() {
    return claims.get();
  }

  /** Returns the images of those who hold claims that were not made ahead. */
  ImagesInUse images() {
    return images;
  }

  /** As {@link #release} says. Without the lock: deleting takes long. */
  private boolean removed() {
    try {
      if (parts.store().isKept(digest)) {
        log.info("layer {}: stays after its last snapshot, because it is pinned", digest);
      } else if (parts.store().remove(digest)) {
        log.info("layer {}: removed with its last snapshot", digest);
      }
    } catch (LayerInUseException e) {
      log.debug("layer {}: its files cannot be removed yet: {}", digest, e.getMessage());
      return false;
    } catch (IOException e) {
      log.warn("layer {}: its files cannot be removed: {}", digest, e.getMessage());
    }
    return true;
  }

  /** Ends use of the layer but keeps what is stored, for the next daemon. */
  void stop() {
    lock.lock();
    try {
      var layer = open;
      if (layer != null) {
        open = null;
        claims.set(0);
        layer.close();
      }
    } finally {
      lock.unlock();
    }
  }
}
