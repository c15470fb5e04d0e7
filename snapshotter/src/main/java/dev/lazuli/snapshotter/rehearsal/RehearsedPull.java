package dev.lazuli.snapshotter.rehearsal;

import dev.lazuli.bridge.erofs.ErofsImage;
import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.demo.registry.LocalRegistry;
import dev.lazuli.demo.registry.RegistryDemands;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.registry.model.ImageManifest;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.fetch.FetchScheduler;
import dev.lazuli.snapshotter.fetch.plan.ChunkRun;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import dev.lazuli.snapshotter.layers.index.IndexOptions;
import dev.lazuli.snapshotter.layers.index.LayerIndexer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;

/**
 * What a pull and the reads of a start do, from the manifest to the last chunk, with parts of its
 * own: a registry on the loopback interface, a client, a store and a scheduler. Mounts nothing.
 */
final class RehearsedPull {
  /** Every how many chunks one is wanted: what lies between makes requests of several ranges. */
  private static final int STRIDE = 40;

  private static final int PATIENCE_SECONDS = 10;

  private final RehearsalLayer layer;
  private final Path directory;
  private final CompletableFuture<Void> stop;

  /**
   * Makes a pull that has not begun.
   *
   * @param directory where the store is made; it stays the caller's
   * @param stop completes when the pull is to end, however far it has come
   */
  RehearsedPull(RehearsalLayer layer, Path directory, CompletableFuture<Void> stop) {
    this.layer = layer;
    this.directory = directory;
    this.stop = stop;
  }

  /**
   * Runs it.
   *
   * @throws IOException also if it is stopped
   */
  void run() throws IOException, InterruptedException {
    var routes = new RehearsalRoutes(layer.blob());
    try (var registry =
        LocalRegistry.start(RegistryDemands.OPEN, _ -> routes, UnaryOperator.identity())) {
      var reference = ImageReference.parse(registry.reference("rehearsal", "pull"));
      var options = RegistryOptions.builder().plainHttpHost(registry.host()).build();
      try (var client = new RegistryClient(options)) {
        pull(client, reference);
      }
    }
  }

  private void pull(RegistryClient client, ImageReference reference)
      throws IOException, InterruptedException {
    if (!(client.manifest(reference).manifest() instanceof ImageManifest manifest)) {
      throw new IOException(reference + " is an index");
    }
    var _ = client.content(reference, manifest.config());
    var descriptor = manifest.layers().getFirst();
    var blob = client.blob(reference, descriptor.digest(), descriptor.size());
    var options = StoreOptions.defaults().withReuseEntries(0).withReserve(0);
    try (var store = LayerStore.open(directory, options);
        var indexer = new LayerIndexer(store, IndexOptions.DEFAULT);
        var indexed =
            indexer.index(
                descriptor.digest(), reference.toString(), blob, new TocTrust.Deferred())) {
      fetch(indexed.data(), blob);
      try (var image = ErofsImage.open(indexed.data().metaPath())) {
        var _ = image.pathAt(0);
      }
    }
  }

  /** Fetches as readers, a head start and the background do: at once, in pieces, and the rest. */
  private void fetch(LayerData data, BlobSource blob) throws IOException, InterruptedException {
    int chunks = data.chunks().count();
    try (var scheduler =
            new FetchScheduler(FetchOptions.DEFAULT, Limits.DEFAULT, FetchListener.NONE);
        var fetch = scheduler.attach(data, blob, Compression.GZIP)) {
      await(fetch.demand(chunks / 2, chunks / 2 + 1));
      var scattered = new ArrayList<ChunkRun>();
      for (int chunk = 0; chunk < chunks; chunk += STRIDE) {
        scattered.add(new ChunkRun(chunk, chunk + 1));
      }
      await(fetch.prefetch(scattered));
      await(fetch.prefetch(List.of(new ChunkRun(0, chunks))));
    }
  }

  private void await(CompletableFuture<Void> future) throws IOException, InterruptedException {
    try {
      var _ = CompletableFuture.anyOf(future, stop).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException(e);
    }
    if (stop.isDone()) {
      throw new IOException("the daemon stops");
    }
  }
}
