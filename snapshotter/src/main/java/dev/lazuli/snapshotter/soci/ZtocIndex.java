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
