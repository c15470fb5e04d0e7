package dev.lazuli.snapshotter.share;

import com.google.errorprone.annotations.MustBeClosed;
import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.NewLayer;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.index.IndexFacts;
import dev.lazuli.estargz.index.SharedIndex;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.snapshotter.knowledge.FoundIndex;
import dev.lazuli.snapshotter.knowledge.IndexAssembly;
import dev.lazuli.snapshotter.knowledge.IndexQuery;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * An index of a layer in a registry.
 *
 * @param registry that has it
 * @param descriptor what its artifact says of it
 * @param blob its bytes
 */
record RemoteIndex(IndexQuery query, String registry, Descriptor descriptor, BlobSource blob)
    implements FoundIndex {
  /** For the memory of the layer's tree, which few layers have to wait for. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @Override
  public Digest digest() {
    return descriptor.digest();
  }

  @Override
  public long bytes() {
    return descriptor.size();
  }

  @Override
  @MustBeClosed
  public LayerData addTo(IndexAssembly assembly) throws IOException {
    long blobBytes = query.blob().ask();
    if (descriptor.size() > Math.min(IndexFacts.MOST_BYTES, blobBytes)) {
      throw bad("it has %d bytes, the layer %d".formatted(descriptor.size(), blobBytes));
    }
    try (var fetch = new IndexFetch(blob, descriptor)) {
      var facts = fetch.facts(query.layer());
      if (facts.blobBytes() != blobBytes) {
        throw bad("it is of a blob of %d bytes, not %d".formatted(facts.blobBytes(), blobBytes));
      }
      var record = query.record(blobBytes, facts.compression(), digest());
      try (var layer = assembly.store().create(record)) {
        // Beside the layer's own files: it goes with them, whatever happens.
        Path file = layer.meta().resolveSibling("shared-index");
        fetch.to(file);
        fill(layer, file, assembly);
        Files.delete(file);
        if (Thread.interrupted()) {
          throw new InterruptedIOException("the request for the index was cancelled");
        }
        return layer.commit();
      }
    }
  }

  private void fill(NewLayer layer, Path file, IndexAssembly assembly) throws IOException {
    var limits = assembly.limits();
    try (var channel = FileChannel.open(file)) {
      var index = SharedIndex.open(channel, query.layer());
      var share = assembly.memory().share(query.layer().toString(), PATIENCE);
      try (var tree = index.read(limits, share, new LayerTables(layer))) {
        assembly.trees().write(tree.index(), tree.dataSize(), layer.meta());
        layer.chunks().dataSize(tree.dataSize());
      }
    }
  }

  private IOException bad(String reason) {
    return new IOException("index %s: %s".formatted(digest(), reason));
  }
}
