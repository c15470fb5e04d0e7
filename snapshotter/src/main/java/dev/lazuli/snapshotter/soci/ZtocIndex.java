package dev.lazuli.snapshotter.soci;

import com.google.errorprone.annotations.MustBeClosed;
import dev.lazuli.cache.LayerData;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.toc.TarIndexer;
import dev.lazuli.estargz.ztoc.Ztoc;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.knowledge.FoundIndex;
import dev.lazuli.snapshotter.knowledge.IndexAssembly;
import dev.lazuli.snapshotter.knowledge.IndexQuery;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Semaphore;

/**
 * The ztoc of a layer. It is read from an unnamed file, not from the heap: that of a large layer
 * has a hundred megabytes.
 *
 * @param ztoc as the image's index lists it
 * @param turns how many may be read at the same time
 */
record ZtocIndex(
    IndexQuery query,
    ImageReference reference,
    Descriptor ztoc,
    RegistryClient client,
    Path scratch,
    Semaphore turns)
    implements FoundIndex {

  /** 1 MiB: what a ztoc may have beyond its layer's size, since it has a window of 32 KiB. */
  private static final long FREE_BYTES = 1 << 20;

  /** For the memory of the index. */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @Override
  public Digest digest() {
    return ztoc.digest();
  }

  @Override
  public String registry() {
    return reference.registry();
  }

  @Override
  public long bytes() {
    return ztoc.size();
  }

  @Override
  @MustBeClosed
  public LayerData addTo(IndexAssembly assembly) throws IOException, InterruptedException {
    if (ztoc.size() < 1 || ztoc.size() > Ztoc.MOST_BYTES) {
      throw new IOException(
          "ztoc %s has %d bytes, allowed %d".formatted(digest(), ztoc.size(), Ztoc.MOST_BYTES));
    }
    long blobBytes = query.blob().ask();
    requireRoom(ztoc, blobBytes, assembly.store().spareBytes());
    try (var file = ScratchFile.make(scratch)) {
      // Before its turn to be read: a slow registry must not hold up what others have sent.
      fetch(file);
      turns.acquire();
      try {
        return add(file.map(), blobBytes, assembly);
      } finally {
        turns.release();
      }
    }
  }

  /** One that is larger than its layer costs more than to pull the layer whole. */
  static void requireRoom(Descriptor ztoc, long blobBytes, long spareBytes) throws IOException {
    if (ztoc.size() > blobBytes + FREE_BYTES) {
      throw new IOException(
          "ztoc %s has %d bytes, its layer %d".formatted(ztoc.digest(), ztoc.size(), blobBytes));
    }
    if (ztoc.size() > spareBytes) {
      throw new IOException(
          "ztoc %s has %d bytes, and %d may be used of the cache's disk"
              .formatted(ztoc.digest(), ztoc.size(), spareBytes));
    }
  }

  private void fetch(ScratchFile file) throws IOException {
    var sha256 = Digest.newSha256();
    try (var pieces = client.blob(reference, digest(), ztoc.size()).open(0, ztoc.size())) {
      for (ByteBuffer piece; (piece = pieces.next()) != null; ) {
        sha256.update(piece.duplicate());
        file.append(piece);
      }
    }
    var actual = Digest.ofSha256(sha256.digest());
    if (!actual.equals(digest())) {
      throw new IOException("ztoc %s came as %s".formatted(digest(), actual));
    }
  }

  @MustBeClosed
  private LayerData add(ByteBuffer bytes, long blobBytes, IndexAssembly assembly)
      throws IOException {
    var layer = query.layer().toString();
    var read = Ztoc.read(layer, bytes, blobBytes, assembly.limits());
    var share = assembly.memory().share(layer, PATIENCE);
    try (var indexer = new TarIndexer(layer, assembly.limits(), share)) {
      read.addTo(indexer);
      try (var index = indexer.build()) {
        return new ZtocLayer(query, digest(), blobBytes, read, index).addTo(assembly);
      }
    } catch (IllegalArgumentException e) {
      throw new IOException("ztoc %s: %s".formatted(digest(), e.getMessage()), e);
    }
  }
}
