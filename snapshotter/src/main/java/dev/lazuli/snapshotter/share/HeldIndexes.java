package dev.lazuli.snapshotter.share;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.digest.Digest;
import dev.lazuli.registry.model.Descriptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Indexes that were made and are yet to be pushed, in files within a fixed amount of disk space:
 * the oldest make room. Thread-safe.
 */
final class HeldIndexes implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HeldIndexes.class);

  /** 64 MiB: those of images with about 10 GB. */
  static final long MOST_BYTES = 64L << 20;

  /**
   * An index.
   *
   * @param file goes when the index does
   */
  record HeldIndex(Descriptor index, Path file) {}

  @GuardedBy("this")
  private final Map<Digest, HeldIndex> byLayer = new LinkedHashMap<>();

  @GuardedBy("this")
  private long bytes;

  @GuardedBy("this")
  private boolean closed;

  /**
   * Takes an index over.
   *
   * @return false if there is one, or no room; then the file stays the caller's
   */
  synchronized boolean add(Digest layer, HeldIndex index) {
    if (closed || index.index().size() > MOST_BYTES || byLayer.containsKey(layer)) {
      return false;
    }
    while (bytes + index.index().size() > MOST_BYTES) {
      remove(byLayer.keySet().iterator().next());
    }
    byLayer.put(layer, index);
    bytes += index.index().size();
    return true;
  }

  synchronized Optional<HeldIndex> find(Digest layer) {
    return Optional.ofNullable(byLayer.get(layer));
  }

  /** Forgets the index of a layer, if there is one. */
  synchronized void remove(Digest layer) {
    var index = byLayer.remove(layer);
    if (index != null) {
      bytes -= index.index().size();
      delete(index.file());
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      log.warn("an index stays until the next start: {}", e.toString());
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    byLayer.values().forEach(index -> delete(index.file()));
    byLayer.clear();
  }
}
