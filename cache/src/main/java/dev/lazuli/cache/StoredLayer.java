package dev.lazuli.cache;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A layer the store knows, open or not: counts its users, opens its files for the first and leaves
 * them open after the last until {@link #closeIfIdle}. Thread-safe; its monitor is held while files
 * are opened and closed, so that two {@link Layer}s never work on one directory.
 */
final class StoredLayer {
  private final LayerStore store;
  private final Path directory;
  private volatile LayerRecord record;
  private @Nullable Layer layer;
  private int users;
  private int pins;
  private boolean removed;
  private boolean counted;
  private final AtomicLong countedBytes = new AtomicLong();
  private volatile Instant lastUsed;

  StoredLayer(LayerStore store, Path directory, LayerRecord record, Instant lastUsed) {
    this.store = store;
    this.directory = directory;
    this.record = record;
    this.lastUsed = lastUsed;
  }

  LayerStore store() {
    return store;
  }

  LayerRecord record() {
    return record;
  }

  void record(LayerRecord next) {
    record = next;
  }

  Path directory() {
    return directory;
  }

  Instant lastUsed() {
    return lastUsed;
  }

  synchronized boolean inUse() {
    return users > 0 || pinned();
  }

  /** Returns a new handle. */
  synchronized LayerData open() throws IOException {
    if (removed) {
      throw new NoSuchFileException(directory.toString(), null, "the layer was removed");
    }
    Layer open = layer;
    if (open == null) {
      open = Layer.open(directory, record, this);
      layer = open;
      count(open);
    }
    users++;
    return new LayerData(this, open);
  }

  /** Counts what the layer takes on the disk when it is opened for the first time. */
  private void count(Layer open) throws IOException {
    if (!counted) {
      counted = true;
      grew(fixedBytes() + open.survey());
    }
  }

  /** Counts bytes that the layer takes more, or less if negative. */
  void grew(long bytes) {
    countedBytes.addAndGet(bytes);
    store.grew(bytes);
  }

  long countedBytes() {
    return countedBytes.get();
  }

  synchronized void release() {
    users--;
    lastUsed = store.options().clock().instant();
    if (users == 0) {
      store.idle(this);
    }
  }

  synchronized Pin pin() {
    pins++;
    return new Pin(this);
  }

  synchronized void unpin() {
    pins--;
  }

  /** Returns whether the layer is to stay whole: for its mounts, or because somebody asked. */
  synchronized boolean pinned() {
    return pins > 0 || record.pinned() != null;
  }

  /** Records whether somebody wants the layer kept. */
  synchronized void keep(boolean wanted) throws IOException {
    if (wanted != (record.pinned() != null)) {
      var when = wanted ? store.options().clock().instant() : null;
      try (LayerData data = open()) {
        data.layer().keep(when);
      }
    }
  }

  /**
   * Returns the bytes that eviction could free: none of a layer that is pinned, or complete and in
   * use.
   */
  synchronized long evictableBytes() {
    return pinned() || (users > 0 && record.completed() != null) ? 0 : countedBytes();
  }

  ChunkReuse reuse() {
    return store.reuse();
  }

  /** Returns the number of chunks if the layer is open, else 0. */
  synchronized int chunkCount() {
    return layer == null ? 0 : layer.chunks().count();
  }

  /** Lets the evictor take one step; false if there is nothing it may take. */
  synchronized boolean evictNext() throws IOException {
    if (layer == null || pinned()) {
      return false;
    }
    long before = countedBytes();
    boolean more = layer.evictNext();
    store.evicted(Math.max(0, before - countedBytes()));
    return more;
  }

  /** Returns the disk that the layer takes beside its chunks. */
  private long fixedBytes() throws IOException {
    long bytes = Blocks.SIZE; // The directory.
    for (String name : List.of(Layer.META, Layer.CHUNKS, Layer.PRESENT, Layer.RECORD)) {
      bytes += Blocks.up(Files.size(directory.resolve(name)));
    }
    return bytes;
  }

  long diskBytes() throws IOException {
    BlocksOf blocksOf = store.options().blocksOf();
    if (blocksOf == null) {
      open().close(); // Counts it if nobody has.
      return countedBytes();
    }
    long bytes = blocksOf.allocatedBytes(directory);
    for (String name : List.of(Layer.META, Layer.CHUNKS, Layer.PRESENT, Layer.RECORD, Layer.DATA)) {
      bytes += blocksOf.allocatedBytes(directory.resolve(name));
    }
    return bytes;
  }

  /** Closes the files if nobody uses them. */
  synchronized void closeIfIdle() throws IOException {
    Layer idle = layer;
    if (users == 0 && idle != null) {
      layer = null;
      idle.close(!removed);
      if (!removed) {
        Files.setLastModifiedTime(directory.resolve(Layer.RECORD), FileTime.from(lastUsed));
      }
    }
  }

  /**
   * Takes the layer out of use for good.
   *
   * @return false if somebody uses it
   */
  synchronized boolean retire() throws IOException {
    if (inUse()) {
      return false;
    }
    removed = true;
    closeIfIdle();
    return true;
  }

  /** Syncs the layer if it is open. */
  void checkpoint() throws IOException {
    try (LayerData data = openIfOpen()) {
      if (data != null) {
        data.checkpoint();
      }
    }
  }

  private synchronized @Nullable LayerData openIfOpen() throws IOException {
    return layer == null ? null : open();
  }
}
