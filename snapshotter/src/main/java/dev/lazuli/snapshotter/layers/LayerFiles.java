package dev.lazuli.snapshotter.layers;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.bridge.erofs.ErofsImage;
import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.snapshotter.fetch.FetchScheduler;
import dev.lazuli.snapshotter.fetch.LayerFetch;
import dev.lazuli.snapshotter.layers.index.LayerIndexer;
import dev.lazuli.snapshotter.waterfall.AheadReads;
import dev.lazuli.snapshotter.waterfall.StartRecord;
import dev.lazuli.snapshotter.waterfall.Waterfall;
import dev.lazuli.snapshotter.waterfall.WaterfallReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;

/**
 * Reads files of an image's layers without mounting them: the same index, fetch, writers and
 * verification as for a mount, for where nothing may be mounted. Symbolic links are not followed
 * and whiteouts are not known. Used by one thread.
 */
public final class LayerFiles implements AutoCloseable {
  private static final int PIECE = 1 << 20;

  private record Opened(LayerData data, ErofsImage image, LayerFetch fetch, AheadReads reads) {}

  private final LayerStore store;
  private final LayerIndexer indexer;
  private final FetchScheduler scheduler;
  private final StartRecord record;
  private final LayerOrigin origin;
  private final List<Opened> layers = new ArrayList<>();
  private final ByteBuffer piece = ByteBuffer.allocateDirect(PIECE);

  /**
   * Opens a store of its own.
   *
   * @param setup what a service of layers would be made of; nothing is mounted
   * @throws IOException if the store cannot be used
   */
  @SuppressWarnings("MustBeClosed") // close() closes it.
  public LayerFiles(LayerService.Setup setup, LayerOrigin origin) throws IOException {
    this.origin = origin;
    record = new StartRecord(setup.layers().recordBytes());
    try (var opened = new OpenedParts()) {
      store = opened.add(LayerStore.open(setup.root(), setup.store()));
      indexer = opened.add(new LayerIndexer(store, setup.layers().indexes()));
      scheduler = opened.add(new FetchScheduler(setup.fetch(), Limits.DEFAULT, record));
      opened.keep();
    }
  }

  /** Indexes one more layer, on top of those before. */
  public void add(LayerRequest request) throws IOException, InterruptedException {
    record.requested(request.digest().toString(), request.reference());
    var blob = origin.blob(request.reference(), request.digest(), -1);
    var trust = new TocTrust.Json(request.tocDigest().orElseThrow());
    try (var indexed = indexer.index(request.digest(), request.reference(), blob, trust);
        var opened = new OpenedParts()) {
      var data = opened.add(indexed.take());
      var compression = Compression.named(request.digest().toString(), data.record().compression());
      var fetch = opened.add(scheduler.attach(data, blob, compression));
      var reads = record.ahead().begin(request.digest().toString(), data.chunks()::size);
      layers.add(new Opened(data, opened.add(ErofsImage.open(data.metaPath())), fetch, reads));
      opened.keep();
      record.mounted(request.digest().toString());
      if (data.record().prefetchEnd() > 0) {
        var _ = fetch.prefetch(0, data.record().prefetchEnd());
      }
    }
  }

  /**
   * Reads a regular file whole.
   *
   * @param path absolute path in the image
   * @return its size in bytes, or -1 if no layer has such a file
   */
  public long read(String path) throws IOException {
    for (var layer : layers.reversed()) {
      long nid = find(layer.image(), path);
      if (nid != ErofsImage.ABSENT) {
        return read(layer, nid);
      }
    }
    return -1;
  }

  private static long find(ErofsImage image, String path) throws IOException {
    long nid = image.rootNid();
    for (var component : path.split("/", -1)) {
      if (!component.isEmpty()) {
        var name = MemorySegment.ofArray(component.getBytes(UTF_8));
        nid = image.lookup(nid, name, 0, (int) name.byteSize());
        if (nid == ErofsImage.ABSENT) {
          return nid;
        }
      }
    }
    return nid;
  }

  private long read(Opened layer, long nid) throws IOException {
    long size = layer.image().size(nid);
    long place = layer.image().dataOffset(nid);
    if (place < 0) {
      return size;
    }
    for (long done = 0; done < size; done += PIECE) {
      int length = (int) Math.min(PIECE, size - done);
      bring(layer, place + done, length);
      layer.data().read(place + done, piece.clear().limit(length));
    }
    return size;
  }

  private static void bring(Opened layer, long offset, int length) throws IOException {
    var chunks = layer.data().chunks();
    int end = chunks.firstStartingFrom(offset + length);
    layer.reads().read(chunks.firstEndingAfter(offset), end);
    int missing = layer.data().firstMissing(offset, length);
    if (missing < 0) {
      return;
    }
    try {
      layer.fetch().demand(missing, end).join();
    } catch (CompletionException | CancellationException e) {
      throw new IOException(e.getCause() == null ? e.toString() : e.getCause().getMessage(), e);
    }
  }

  /** Fetches what is still missing of every layer and returns when all are complete. */
  public void complete() {
    layers.forEach(layer -> layer.fetch().background());
    layers.forEach(layer -> layer.fetch().completed().join());
  }

  /**
   * Returns what came when.
   *
   * @param began when the start began
   */
  public Waterfall waterfall(String image, Instant began) throws IOException {
    var data = layers.stream().map(Opened::data).toList();
    return new WaterfallReader(record).read(image, data, Optional.of(began));
  }

  @Override
  public void close() throws IOException {
    try (store;
        indexer;
        scheduler;
        var parts = new OpenedParts()) {
      for (var layer : layers) {
        parts.add(layer.data());
        parts.add(layer.image());
        parts.add(layer.fetch());
      }
    }
  }
}
