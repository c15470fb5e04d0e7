package dev.lazuli.snapshotter.layers.index;

import com.google.errorprone.annotations.MustBeClosed;
import dev.lazuli.bridge.erofs.CorruptImageException;
import dev.lazuli.bridge.erofs.ErofsImage;
import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerRecord;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.chunks.ChunkTable;
import dev.lazuli.cache.disk.CacheCorruptException;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.DigestMismatchException;
import dev.lazuli.estargz.ExternalTocException;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.read.LayerOpener;
import dev.lazuli.estargz.read.OpenRequest;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.estargz.toc.IndexMemory;
import dev.lazuli.estargz.toc.LayerIndex;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.locks.RegistryTurns;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compiles a layer's index once into what the store keeps: metadata image, chunk table and an empty
 * data file. Everything after this works without the TOC. Safe for use by several threads.
 */
public final class LayerIndexer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LayerIndexer.class);
  private static final int DIGEST_BYTES = 32;

  private final LayerStore store;
  private final Limits limits;
  private final LayerOpener opener;
  private final IndexOptions options;
  private final RegistryTurns turns;

  /**
   * Makes an indexer.
   *
   * @param store stays the caller's
   */
  public LayerIndexer(LayerStore store, IndexOptions options) {
    this.store = store;
    this.limits = Limits.DEFAULT.withIndexBytes(options.memoryBytes());
    this.opener = new LayerOpener(limits);
    this.options = options;
    this.turns = new RegistryTurns("layers are being indexed", options.parallel());
  }

  /**
   * Returns the layer as the store has it, indexing it first if it is new.
   *
   * @param reference recorded with a new layer; whoever shares a stored one records it
   * @throws IOException also if its turn or its registry take longer than {@link
   *     IndexOptions#timeout}
   */
  @MustBeClosed
  public IndexedLayer index(Digest digest, String reference, BlobSource blob, TocTrust trust)
      throws IOException, InterruptedException {
    return index(digest, reference, blob, trust, Optional::empty);
  }

  /** Looks for a table of contents that is not in the layer's blob. */
  @FunctionalInterface
  public interface TocElsewhere {
    /**
     * Returns the blob of the table; empty if there is none.
     *
     * @throws IOException if that cannot be found out
     */
    Optional<BlobSource> find() throws IOException;
  }

  /**
   * Does the same with a layer whose table of contents may be elsewhere, which is asked for only
   * where the layer's own blob says so.
   */
  @MustBeClosed
  public IndexedLayer index(
      Digest digest, String reference, BlobSource blob, TocTrust trust, TocElsewhere elsewhere)
      throws IOException, InterruptedException {
    var known = stored(digest);
    if (known != null) {
      return new IndexedLayer(known, false);
    }
    var pace = new ReadPace(options.timeout(), System::nanoTime);
    var tailed = TailedBlob.of(new PacedBlob(blob, pace), Limits.DEFAULT.tailBytes());
    try (var _ = turns.take(ImageReference.registryOf(reference), pace.left());
        LayerIndex index =
            open(OpenRequest.of(digest.toString(), tailed, trust), elsewhere, pace)) {
      boolean isVerified = !(trust instanceof TocTrust.Unverified);
      return new IndexedLayer(store(digest, reference, tailed.size(), index, isVerified), true);
    }
  }

  private LayerIndex open(OpenRequest request, TocElsewhere elsewhere, ReadPace pace)
      throws IOException {
    try {
      return open(request, pace.left());
    } catch (ExternalTocException e) {
      var toc = elsewhere.find().orElseThrow(() -> e);
      return open(request.withExternalToc(new PacedBlob(toc, pace)), pace.left());
    }
  }

  /**
   * If the table of contents does not match the expected digest, it is fetched once more, from
   * another host if there is one.
   */
  private LayerIndex open(OpenRequest request, Duration patience) throws IOException {
    try {
      return opener.open(request, patience);
    } catch (ExternalTocException e) {
      throw e;
    } catch (DigestMismatchException | LayerFormatException e) {
      if (!(request.trust() instanceof TocTrust.Json)) {
        throw e;
      }
      log.warn("{}; trying once more", e.getMessage());
      var from = request.externalToc().orElse(request.blob());
      from.wrongBytes(0, from.size());
      return opener.open(request, patience);
    }
  }

  private @Nullable LayerData stored(Digest digest) throws IOException {
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
      if (!isUseless(e)) {
        throw e;
      }
      log.warn(
          "layer {}: the stored copy is unusable; making it again: {}", digest, e.getMessage());
      store.remove(digest);
      return null;
    }
  }

  /** Too many open files, for one, say nothing about what is stored. */
  private static boolean isUseless(IOException e) {
    return e instanceof CacheCorruptException
        || e instanceof CorruptImageException
        || e instanceof NoSuchFileException;
  }

  /** A table that nobody verifies has no digest that anybody could be told. */
  @SuppressWarnings("MustBeClosed") // The caller's.
  private LayerData store(
      Digest digest, String reference, long blobSize, LayerIndex index, boolean isVerified)
      throws IOException {
    var record =
        LayerRecord.of(
                digest,
                blobSize,
                index.format().name(),
                index.format().compression().name(),
                isVerified ? digest(index.tocDigest()) : null,
                index.prefetchEnd())
            .withReference(reference);
    if (isVerified) {
      record = record.withCompressedTocDigest(digest(index.compressedTocDigest()));
    }
    try (var layer = store.create(record)) {
      MetadataImage.write(index, index.dataSize(), layer.meta());
      copyChunks(index, layer.chunks());
      return layer.commit();
    }
  }

  private static Digest digest(byte[] sha256) {
    return Digest.ofSha256(sha256);
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

  /** Returns the memory that all indexes under construction share. */
  public IndexMemory memory() {
    return opener.memory();
  }

  /** Returns what a layer may ask of this node. */
  public Limits limits() {
    return limits;
  }

  /** Closes the opener. Layers being indexed are finished. */
  @Override
  public void close() {
    opener.close();
  }
}
