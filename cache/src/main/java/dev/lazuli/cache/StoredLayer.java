package dev.lazuli.cache;

import static java.lang.System.Logger.Level.DEBUG;

import com.google.errorprone.annotations.MustBeClosed;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.cache.chunks.Blocks;
import dev.lazuli.cache.disk.BlocksOf;
import dev.lazuli.digest.Digest;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A layer the store knows, open or not: counts its users, opens its files for the first and leaves
 * them open after the last until {@link #closeIfIdle}. Thread-safe; its monitor is held while files
 * are opened and closed, so that two {@link Layer}s never work on one directory.
 *
 * <p>A layer is used when it is read through a handle or its mounts let go of it; opening it just
 * to count or sync it does not count as use. The time of last use outlives the process as the
 * modification time of {@code layer.json}.
 */
final class StoredLayer {
  private static final System.Logger LOG = System.getLogger(StoredLayer.class.getName());

  private final StoreParts parts;
  private final Path directory;
  private final AtomicLong countedBytes = new AtomicLong();
  private volatile LayerRecord record;
  private volatile boolean rewritten;

  @GuardedBy("this")
  private @Nullable Layer layer;

  @GuardedBy("this")
  private int users;

  @GuardedBy("this")
  private int pins;

  @GuardedBy("this")
  private boolean removed;

  @GuardedBy("this")
  private boolean counted;

  /** The presence file does not say all that was known when it was closed. */
  @GuardedBy("this")
  private boolean torn;

  @GuardedBy("this")
  private Instant lastUsed;

  @GuardedBy("this")
  private Instant savedUse;

  StoredLayer(StoreParts parts, Path directory, LayerRecord record, Instant lastUsed) {
    this.parts = parts;
    this.directory = directory;
    this.record = record;
    this.lastUsed = lastUsed;
    this.savedUse = lastUsed;
  }

  /** Returns {@code <2 hex>/<64 hex>}: a layer's place below {@code layers/sha256}. */
  static Path place(Digest digest) {
    String hex = digest.hex();
    return Path.of(hex.substring(0, 2), hex);
  }

  StoreParts parts() {
    return parts;
  }

  LayerRecord record() {
    return record;
  }

  /** Takes over a record that was just written, which set the file's time to now. */
  void record(LayerRecord next) {
    record = next;
    rewritten = true;
  }

  Path directory() {
    return directory;
  }

  /** Returns when the layer was last read or unpinned. */
  synchronized Instant lastUsed() {
    noteUse();
    return lastUsed;
  }

  @GuardedBy("this")
  private void noteUse() {
    if (layer != null && layer.takeWasRead()) {
      lastUsed = parts.options().clock().instant();
    }
  }

  /** Brings the time of last use through a restart. */
  @GuardedBy("this")
  private void saveUse() {
    noteUse();
    if (!removed && (rewritten || !savedUse.equals(lastUsed))) {
      rewritten = false;
      try {
        parts.disk().setModified(directory.resolve(StoredFiles.RECORD), FileTime.from(lastUsed));
        savedUse = lastUsed;
      } catch (IOException e) {
        LOG.log(DEBUG, "last use of layer " + record.digest(), e);
      }
    }
  }

  synchronized boolean inUse() {
    return users > 0 || pinned();
  }

  /** Returns a new handle. */
  @MustBeClosed
  synchronized LayerData open() throws IOException {
    if (removed) {
      throw new NoSuchFileException(directory.toString(), null, "the layer was removed");
    }
    Layer open = layer;
    if (open == null) {
      open = Layer.open(directory, record, this, torn, !counted);
      torn = false;
      layer = open;
    }
    users++;
    var handle = new LayerData(this, open);
    try {
      count(open);
      return handle;
    } catch (IOException | RuntimeException e) {
      handle.close();
      throw e;
    }
  }

  /** Counts what the layer takes on the disk when it is opened for the first time. */
  @GuardedBy("this")
  private void count(Layer open) throws IOException {
    if (!counted) {
      long fixed = fixedBytes();
      counted = true;
      grew(fixed + open.survey());
    }
  }

  /** Counts bytes that the layer takes more, or less if negative. */
  void grew(long bytes) {
    countedBytes.addAndGet(bytes);
    parts.usage().grew(bytes);
  }

  long countedBytes() {
    return countedBytes.get();
  }

  synchronized void release() {
    users--;
    noteUse();
    if (users == 0) {
      parts.idle().add(this);
      parts.pressure().signal();
    }
  }

  @MustBeClosed
  synchronized Pin pin() {
    pins++;
    return new Pin(this::unpin);
  }

  private synchronized void unpin() {
    pins--;
    lastUsed = parts.options().clock().instant();
    parts.pressure().signal();
  }

  /** Returns whether the layer is to stay whole: for its mounts, or because somebody asked. */
  synchronized boolean pinned() {
    return pins > 0 || record.pinned() != null;
  }

  /** Records whether somebody wants the layer kept. */
  synchronized void keep(boolean wanted) throws IOException {
    if (wanted != (record.pinned() != null)) {
      var when = wanted ? parts.options().clock().instant() : null;
      try (LayerData data = open()) {
        data.layer().update(known -> known.withPinned(when));
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

  /**
   * Returns whether nothing of the layer has to go for the quota, having given the evictor a
   * moment: it may be slower than those who read the layer whole.
   */
  boolean mayBecomeComplete() throws IOException {
    return parts.usage().isWithinQuotaSoon(this::pinned);
  }

  /** Returns the number of chunks if the layer is open, otherwise 0. */
  synchronized int chunkCount() {
    return layer == null ? 0 : layer.chunks().count();
  }

  /** Lets the evictor take one step; false if there is nothing it may take. */
  synchronized boolean evictNext() throws IOException {
    if (layer == null || pinned()) {
      return false;
    }
    long before = countedBytes();
    boolean more = layer.reclaim().evictNext();
    parts.usage().evicted(Math.max(0, before - countedBytes()));
    return more;
  }

  /** Returns the disk that the layer takes beside its chunks. */
  private long fixedBytes() throws IOException {
    long bytes = Blocks.SIZE; // The directory.
    for (var file : filesBesideData()) {
      bytes += Blocks.up(parts.disk().size(file));
    }
    return bytes;
  }

  /** Returns the disk that the layer takes; it must have been open. */
  long diskBytes() throws IOException {
    BlocksOf blocksOf = parts.options().blocksOf();
    if (blocksOf == null) {
      return countedBytes();
    }
    long bytes = blocksOf.allocatedBytes(directory);
    bytes += blocksOf.allocatedBytes(directory.resolve(StoredFiles.DATA));
    for (var file : filesBesideData()) {
      bytes += blocksOf.allocatedBytes(file);
    }
    return bytes;
  }

  private List<Path> filesBesideData() throws IOException {
    var files = new ArrayList<Path>();
    for (String name :
        List.of(StoredFiles.META, StoredFiles.CHUNKS, StoredFiles.PRESENT, StoredFiles.RECORD)) {
      files.add(directory.resolve(name));
    }
    for (String name : List.of(StoredFiles.STARTS, StoredFiles.SPANS, StoredFiles.DIGESTS)) {
      var file = directory.resolve(name);
      if (parts.disk().exists(file)) {
        files.add(file); // By the layer's format.
      }
    }
    return files;
  }

  /** Closes the files if nobody uses them. */
  synchronized void closeIfIdle() throws IOException {
    Layer idle = layer;
    if (users == 0 && idle != null) {
      saveUse();
      layer = null;
      torn = !idle.close(!removed);
    }
  }

  /**
   * Takes the layer out of use for good and its directory's name away.
   *
   * @return what is to be deleted; null if somebody uses the layer
   * @throws IOException if the directory keeps its name; then the layer can be used as before
   */
  synchronized Trash.@Nullable Doomed retire(Trash trash) throws IOException {
    if (removed || inUse()) {
      return null;
    }
    removed = true;
    try {
      closeIfIdle();
      return trash.take(directory, countedBytes());
    } catch (IOException | RuntimeException e) {
      removed = false;
      throw e;
    }
  }

  /** Syncs the layer if it is open. */
  void checkpoint() throws IOException {
    try (LayerData data = openIfOpen()) {
      if (data != null) {
        data.checkpoint();
      }
    } finally {
      synchronized (this) {
        saveUse();
      }
    }
  }

  @MustBeClosed
  private synchronized @Nullable LayerData openIfOpen() throws IOException {
    return layer == null ? null : open();
  }
}
