package dev.lazuli.snapshotter.knowledge;

import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.LayerStore;
import dev.lazuli.cache.chunks.ChunkTable;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.index.IndexRecorder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Indexes of layers that were pulled whole, kept when the layers go: with one, a layer is mounted
 * lazily the next time. An index was made of a layer whose blob and tar had the right digests, so
 * it is believed as far as it is unchanged; the digest of the tar is compared again with the image
 * for which the layer is mounted. Thread-safe.
 */
public final class KeptIndexes implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(KeptIndexes.class);

  private static final int MOST_WAITING = 64;

  private final LayerStore store;
  private final InstantSource clock;
  private final long quota;
  private final long metaVersion;
  private final KeptFiles files;

  /** One index is written at a time, after the layer's mount. */
  private final IndexThread writer = new IndexThread("lazuli-index", MOST_WAITING);

  /**
   * Opens the indexes.
   *
   * @param directory where they are; made if it is not there
   * @param quota bytes that they may take; 0 if none are kept
   * @param metaVersion of what makes layers' metadata; indexes of another are made anew
   * @param store where layers come from and go to; closed after this
   */
  public KeptIndexes(
      Path directory, long quota, long metaVersion, LayerStore store, InstantSource clock) {
    this.store = store;
    this.clock = clock;
    this.quota = quota;
    this.metaVersion = metaVersion;
    files = new KeptFiles(directory, quota, store::spareBytes, clock);
  }

  /** Returns where a daemon with this root directory keeps indexes. */
  public static Path directory(Path root) {
    return root.resolve("indexes").resolve("sha256");
  }

  /** Returns whether a daemon with this root directory keeps the index of a layer. */
  public static boolean isKept(Path root, Digest layer) {
    return Files.exists(directory(root).resolve(layer.hex()));
  }

  /**
   * Makes an index of a layer that was pulled whole, soon.
   *
   * @param layer stays the caller's
   */
  public void keep(LayerData layer) {
    var digest = layer.record().digest();
    if (quota == 0 || files.has(digest) || !isWorthIt(layer)) {
      return;
    }
    writer.run(
        () -> write(digest),
        () -> log.debug("layer {}: no index is kept, it cannot be written now", digest));
  }

  private static boolean isWorthIt(LayerData layer) {
    if (layer.record().size() < IndexRecorder.LEAST_BLOB_BYTES) {
      return false;
    }
    ChunkTable chunks = layer.chunks();
    for (int chunk = 0; chunk < chunks.count(); chunk++) {
      if (chunks.innerOffset(chunk) > IndexRecorder.MOST_SKIPPED) {
        return false;
      }
    }
    return layer.record().proof() != null;
  }

  private void write(Digest digest) {
    try (var layer = store.find(digest).orElse(null)) {
      var proof = layer == null ? null : layer.record().proof();
      if (layer == null || proof == null || proof.diffId() == null || proof.lie() != null) {
        return;
      }
      var diffId = proof.diffId();
      long most = layer.record().size();
      if (files.add(digest, most, file -> IndexWriter.write(layer, diffId, metaVersion, file))) {
        log.info("layer {}: its index is kept", digest);
      } else {
        log.debug(
            "layer {}: its index is too large to be kept, or there is too little room", digest);
      }
    } catch (IOException | RuntimeException e) {
      log.warn("layer {}: its index is not kept: {}", digest, e.toString());
    }
  }

  /** Looks a layer's blob up. */
  @FunctionalInterface
  public interface BlobSize {
    /** Returns the blob's size in bytes, as the image's own registry states it now. */
    long ask() throws IOException;
  }

  /**
   * Adds a layer to the store from its index, if one is kept and the layer is not there.
   *
   * @param blob asked whether the layer can be had
   * @return whether the layer is in the store now, proved: another call may have added it
   */
  public boolean addByIndex(Digest digest, BlobSize blob) {
    var there = store.record(digest);
    if (there.isPresent()) {
      return there.get().isProved();
    }
    var file = files.find(digest);
    if (file.isEmpty()) {
      return false;
    }
    try (var index = KeptIndex.open(file.get(), digest, metaVersion)) {
      long size = blob.ask();
      if (size != index.blobBytes()) {
        throw new IOException("its registry says that the blob has %d bytes".formatted(size));
      }
      try (var _ = index.addTo(store, clock.instant())) {
        log.info("layer {}: mounted from its kept index", digest);
      }
      return true;
    } catch (CorruptIndexException | NoSuchFileException e) {
      log.warn("layer {}: {}; removing it", digest, e.getMessage());
      files.remove(digest);
      return false;
    } catch (IOException | RuntimeException e) {
      log.warn("layer {}: not mounted from its kept index: {}", digest, e.getMessage());
      return false;
    }
  }

  /** Returns whether the index of a layer is kept. */
  public boolean has(Digest digest) {
    return files.has(digest);
  }

  /** Returns how many indexes are kept. */
  public int count() {
    return files.count();
  }

  /** Returns how many bytes they take. */
  public long bytes() {
    return files.bytes();
  }

  /** Waits for the index that is being written, for a while. */
  @Override
  public void close() {
    writer.close();
  }
}
