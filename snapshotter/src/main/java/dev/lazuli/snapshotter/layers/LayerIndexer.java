package dev.lazuli.snapshotter.layers;

import com.google.errorprone.annotations.MustBeClosed;
import dev.lazuli.bridge.erofs.ErofsImage;
import dev.lazuli.bridge.erofs.ErofsWriter;
import dev.lazuli.cache.ChunkTable;
import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerRecord;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.DigestMismatchException;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.read.LayerOpener;
import dev.lazuli.estargz.read.OpenRequest;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.estargz.toc.LayerIndex;
import java.io.IOException;
import java.util.HexFormat;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compiles a layer's index once into what the store keeps: metadata image, chunk table and an empty
 * data file. Everything after this works without the TOC. Safe for use by several threads.
 */
final class LayerIndexer {
  private static final Logger log = LoggerFactory.getLogger(LayerIndexer.class);
  private static final int DIGEST_BYTES = 32;

  private final LayerStore store;
  private final LayerOpener opener;
  // An index under construction takes memory in proportion to its TOC: this bounds how many.
  private final Semaphore openIndexes;

  LayerIndexer(LayerStore store, LayerOpener opener, int parallel) {
    this.store = store;
    this.opener = opener;
    this.openIndexes = new Semaphore(parallel);
  }

  /**
   * Returns the layer as the store has it, indexing it first if it is new.
   *
   * @param reference recorded with a new layer; whoever shares a stored one records it
   */
  @MustBeClosed
  IndexedLayer index(String digest, String reference, BlobSource blob, TocTrust trust)
      throws IOException, InterruptedException {
    var known = stored(digest);
    if (known != null) {
      return new IndexedLayer(known, false);
    }
    openIndexes.acquire();
    try (LayerIndex index = open(OpenRequest.of(digest, blob, trust))) {
      return new IndexedLayer(store(digest, reference, blob.size(), index), true);
    } finally {
      openIndexes.release();
    }
  }

  /**
   * A layer that was promised a table of contents is asked for it once more where what came was not
   * that: of another host if there is one.
   */
  private LayerIndex open(OpenRequest request) throws IOException {
    try {
      return opener.open(request);
    } catch (DigestMismatchException | LayerFormatException e) {
      if (!(request.trust() instanceof TocTrust.Json)) {
        throw e;
      }
      log.warn("{}; tried once more", e.getMessage());
      request.blob().wrongBytes(0, request.blob().size());
      return opener.open(request);
    }
  }

  private @Nullable LayerData stored(String digest) throws IOException {
    LayerData known = null;
    try {
      known = store.find(digest).orElse(null);
      if (known != null) {
        ErofsImage.open(known.metaPath()).close();
      }
      return known;
    } catch (IOException e) {
      if (known != null) {
        known.close();
      }
      log.warn("layer {}: stored copy is unusable and is made anew: {}", digest, e.getMessage());
      store.remove(digest);
      return null;
    }
  }

  private LayerData store(String digest, String reference, long blobSize, LayerIndex index)
      throws IOException {
    var record =
        LayerRecord.of(
                digest,
                blobSize,
                index.format().name(),
                index.format().compression().name(),
                digest(index.tocDigest()),
                index.prefetchEnd())
            .withCompressedTocDigest(digest(index.compressedTocDigest()))
            .withReference(reference);
    try (var layer = store.create(record)) {
      ErofsWriter.write(new IndexedTree(index), index.dataSize(), layer.meta());
      copyChunks(index, layer.chunks());
      return layer.commit();
    }
  }

  private static String digest(byte[] sha256) {
    return "sha256:" + HexFormat.of().formatHex(sha256);
  }

  private static void copyChunks(LayerIndex index, ChunkTable.Builder chunks) throws IOException {
    var sha256 = new byte[DIGEST_BYTES];
    for (int chunk = 0; chunk < index.chunkCount(); chunk++) {
      index.chunkDigest(chunk, sha256);
      chunks.add(
          index.chunkDataOffset(chunk),
          index.chunkSize(chunk),
          index.chunkBlobOffset(chunk),
          index.chunkBlobEnd(chunk),
          index.chunkInnerOffset(chunk),
          sha256);
    }
    chunks.dataSize(index.dataSize());
  }
}
