package dev.lazuli.snapshotter.layers;

import dev.lazuli.cache.LayerStore;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.ExternalTocException;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.snapshotter.bulk.BulkOptions;
import dev.lazuli.snapshotter.bulk.BulkPulls;
import dev.lazuli.snapshotter.bulk.NoIndexException;
import dev.lazuli.snapshotter.bulk.PullRecorder;
import dev.lazuli.snapshotter.bulk.PullReports;
import dev.lazuli.snapshotter.bulk.WholePullException;
import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.knowledge.IndexAssembly;
import dev.lazuli.snapshotter.knowledge.IndexQuery;
import dev.lazuli.snapshotter.knowledge.IndexSources;
import dev.lazuli.snapshotter.knowledge.KeptIndexes;
import dev.lazuli.snapshotter.layers.index.LayerIndexer;
import dev.lazuli.snapshotter.layers.index.MetadataImage;
import java.io.IOException;
import java.util.Optional;

/**
 * In which way a layer comes that is not here: lazily by its index, whole without one, or by
 * containerd's own means. Safe for use by several threads.
 */
final class WaysToLayers {
  private final LayerOrigin origin;
  private final Tenancy tenancy;
  private final boolean allowUnverified;
  private final BulkOptions bulk;
  private final KeptIndexes kept;
  private final IndexSources sources;

  WaysToLayers(LayerParts parts) {
    this.origin = parts.origin();
    this.tenancy = parts.options().tenancy();
    this.allowUnverified = parts.options().allowUnverified();
    this.bulk = parts.options().bulk();
    this.kept = parts.kept();
    this.sources = parts.sources();
  }

  /**
   * Opens what keeps indexes of layers that were pulled whole.
   *
   * @param store stays the caller's
   */
  static KeptIndexes kept(LayerService.Setup setup, LayerStore store) {
    var directory = KeptIndexes.directory(setup.root());
    long quota = setup.layers().bulk().indexBytes();
    var clock = setup.store().clock();
    return new KeptIndexes(directory, quota, MetadataImage.VERSION, store, clock);
  }

  /** Returns those who have indexes of layers that this node has never seen. */
  static IndexSources sources(
      LayerService.Setup setup, LayerOrigin origin, LayerStore store, LayerIndexer indexer) {
    var assembly =
        new IndexAssembly(store, indexer.memory(), MetadataImage::write, indexer.limits());
    return new IndexSources(origin.indexes(), assembly, setup.layers().indexes().timeout());
  }

  /**
   * Makes what pulls layers whole.
   *
   * @param store stays the caller's
   * @param listener is told what was pulled
   * @param kept makes indexes of it
   * @param recorder notes something of it while it is pulled
   */
  static BulkPulls bulk(
      LayerService.Setup setup,
      LayerStore store,
      Limits limits,
      FetchListener listener,
      KeptIndexes kept,
      PullRecorder recorder) {
    var clock = setup.store().clock();
    var reports = new PullReports(listener, kept::keep, recorder);
    return new BulkPulls(
        setup.layers().bulk(), store, limits, MetadataImage::write, clock, reports);
  }

  /** Claims a layer by a request that says all that is known of it. */
  @FunctionalInterface
  interface Claiming {
    RemoteLayer claim(LayerRequest request) throws IOException, InterruptedException;
  }

  /**
   * Claims a layer before it is here.
   *
   * @throws NoIndexException if it may be pulled whole instead
   * @throws WholePullException if it is to be left to containerd
   * @throws IOException if its image's manifest is needed and cannot be read, or the claim fails
   * @throws InterruptedException if the caller no longer waits
   */
  RemoteLayer lazily(LayerRequest request, Trust trust, Claiming claiming)
      throws IOException, InterruptedException {
    try {
      return claiming.claim(lazily(request, trust));
    } catch (ExternalTocException e) {
      throw new NoIndexException(
          request.digest(), "its table of contents is in another blob, which was not found");
    }
  }

  /** Returns a request with which a layer may be mounted before it is here. */
  private LayerRequest lazily(LayerRequest request, Trust trust)
      throws IOException, InterruptedException {
    requireLazy(request);
    var known = trust == Trust.REQUIRED || bulk.enabled() ? withToc(request) : request;
    if (known.toc().isPresent() || maySkip(known)) {
      return known;
    }
    KeptIndexes.BlobSize blob = () -> origin.blob(known.reference(), known.digest(), -1).size();
    if (kept.addByIndex(known.digest(), blob)) {
      return known;
    }
    var indexed = withIndex(known, blob);
    requireIndex(indexed);
    return indexed;
  }

  private boolean maySkip(LayerRequest request) {
    return request.skipVerification() && allowUnverified;
  }

  /** Takes a layer of which the image names no index from those who may have made one. */
  private LayerRequest withIndex(LayerRequest request, KeptIndexes.BlobSize blob)
      throws IOException, InterruptedException {
    var manifest = manifest(request);
    if (manifest.isEmpty()) {
      return request;
    }
    // Indexes are kept by the manifest for this machine; a client may name the list of all.
    var image = origin.imageManifest(request.reference(), manifest.get());
    var query =
        new IndexQuery(
            request.reference(),
            image,
            request.digest(),
            blob,
            () -> origin.sociIndex(request.reference(), image));
    return sources
        .addByIndex(query, others -> tenancy.shares(others, request.reference()))
        .<LayerRequest>map(index -> request.withToc(new TocTrust.Json(index)))
        .orElse(request);
  }

  /**
   * Returns normally if layers are pulled whole.
   *
   * @throws NoIndexException if not
   */
  void requireBulk(LayerRequest request) throws NoIndexException {
    if (!bulk.enabled()) {
      throw new NoIndexException(request.digest(), "it has no index, and bulk.enabled is false");
    }
  }

  /** Mounts a layer. */
  @FunctionalInterface
  interface Mounting {
    RemoteLayer mount() throws IOException, InterruptedException;
  }

  /**
   * Mounts a layer ahead of its client. Where no manifest is named by its digest, as in a pull by
   * tag, only the end of the blob shows that it has no index.
   *
   * @throws NoIndexException if it may be pulled whole instead
   */
  RemoteLayer ahead(LayerRequest request, Mounting mounting)
      throws IOException, InterruptedException {
    try {
      return mounting.mount();
    } catch (LayerFormatException e) {
      if (bulk.enabled()) {
        throw new NoIndexException(request.digest(), "it has no index: " + e.getMessage());
      }
      throw e;
    }
  }

  private void requireLazy(LayerRequest request) throws IOException {
    if (tenancy.mayBeLazy(request.reference())) {
      return;
    }
    var reason = "layers.lazy_from does not name " + request.reference();
    throw bulk.enabled()
        ? new NoIndexException(request.digest(), reason)
        : new WholePullException(request.digest(), reason);
  }

  /**
   * Looks the TOC's digest up in the manifest where the labels do not say it. The manifest must be
   * known by its digest: one that a tag leads to now need not be the one that the client read.
   */
  private LayerRequest withToc(LayerRequest request) throws IOException {
    if (request.toc().isPresent()) {
      return request;
    }
    var manifest = manifest(request);
    if (manifest.isEmpty()) {
      return request;
    }
    var toc = origin.toc(request.reference(), manifest.get(), request.digest());
    return toc.map(request::withToc).orElse(request);
  }

  private Optional<Digest> manifest(LayerRequest request) throws IOException {
    return request.manifestDigest().isPresent()
        ? request.manifestDigest()
        : origin.digestIn(request.reference());
  }

  /** Where a manifest says nothing of an index, none is looked for in the blob. */
  private void requireIndex(LayerRequest request) throws NoIndexException {
    boolean isUnknown = request.toc().isEmpty() && !maySkip(request);
    if (bulk.enabled() && isUnknown && request.manifestDigest().isPresent()) {
      throw new NoIndexException(request.digest(), "its image names no index of it");
    }
  }
}
