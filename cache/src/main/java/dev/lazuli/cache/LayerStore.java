package dev.lazuli.cache;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.MustBeClosed;
import dev.lazuli.cache.chunks.Presence;
import dev.lazuli.cache.disk.CacheCorruptException;
import dev.lazuli.cache.disk.Disk;
import dev.lazuli.cache.disk.Durable;
import dev.lazuli.digest.Digest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * All layers on this node's disk. One process at a time; thread-safe within it.
 *
 * <pre>
 * lock                                held while the store is open
 * slots                               see {@link Slots}
 * tmp/                                layers being made or removed; emptied when the store opens
 * layers/sha256/&lt;2 hex&gt;/&lt;64 hex&gt;/   one directory per layer
 *   layer.json  meta.erofs  data  chunks  present
 * </pre>
 *
 * <p>Directories get their final name when they are complete, and lose it before anything in them
 * is deleted, so a directory with a layer's name is a layer.
 *
 * <p>Locks are taken in this order: the store's, a {@link StoredLayer}'s, a {@link Layer}'s, its
 * {@link Presence}'s. Nothing is deleted while one of them is held.
 */
public final class LayerStore implements AutoCloseable {
  private final Path layersRoot;
  private final StoreOptions options;
  private final StoreLock lock;
  private final Catalog catalog = new Catalog();
  private final Pressure pressure = new Pressure();
  private final DiskUsage usage;
  private final Trash trash;
  private final Slots slots;
  private final ChunkReuse reuse;
  private final StoreParts parts;
  private final Survey survey;
  private final Thread surveying;
  private final Checkpoints checkpoints;
  private final Evictor evictor;

  private LayerStore(Path root, StoreOptions options, StoreLock lock) throws IOException {
    this.layersRoot = root.resolve("layers").resolve("sha256");
    this.options = options;
    this.lock = lock;
    this.usage = new DiskUsage(options.quotaBytes(), pressure);
    this.trash = new Trash(options.disk(), root.resolve("tmp"), usage);
    trash.open();
    options.disk().createDirectories(layersRoot);
    this.reuse = new ChunkReuse(catalog, options);
    this.parts =
        new StoreParts(
            options,
            usage,
            pressure,
            new Room(root, usage, options),
            reuse,
            new IdleLayers(options.openLayers()),
            new Doubts());
    this.survey = new Survey(layersRoot, catalog, parts, trash);
    try {
      survey.scan();
      this.slots = new Slots(options.disk(), root.resolve("slots"), catalog.highestSlot());
    } catch (IOException | RuntimeException e) {
      reuse.close();
      throw e;
    }
    this.evictor = new Evictor(catalog, options, usage, pressure, this::removeIfUnused);
    List<StoredLayer> found = List.copyOf(catalog.all());
    this.surveying =
        Thread.ofVirtual().name("lazuli-cache-survey").start(() -> survey.count(found));
    this.checkpoints = Checkpoints.start(catalog, trash, options.checkpointInterval());
  }

  /**
   * Opens the store below {@code root}, which is created if it is not there.
   *
   * @throws IOException if another process has it open, or it cannot be read or written
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosed") // close() gives the lock back.
  public static LayerStore open(Path root, StoreOptions options) throws IOException {
    options.disk().createDirectories(root);
    var lock = StoreLock.take(options.disk(), root);
    try {
      return new LayerStore(root, options, lock);
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private Path place(Digest digest) {
    return layersRoot.resolve(StoredLayer.place(digest));
  }

  /** Returns what is stored, in no order. */
  public List<LayerRecord> list() {
    return catalog.records();
  }

  /** Returns what is known of one layer, without opening it; empty if it is not stored. */
  public Optional<LayerRecord> record(Digest digest) {
    return Optional.ofNullable(catalog.find(digest)).map(StoredLayer::record);
  }

  /**
   * Returns a handle on the layer; empty if it is not stored.
   *
   * @param digest the layer blob's digest
   * @throws CacheCorruptException if its files are not what the store wrote; {@link #remove} then
   *     makes room for it to be created again
   * @throws IOException if it is stored but cannot be opened now
   */
  @SuppressWarnings("MustBeClosed") // The caller's.
  public Optional<LayerData> find(Digest digest) throws IOException {
    StoredLayer layer = known(digest);
    return layer == null ? Optional.empty() : Optional.of(layer.open());
  }

  private @Nullable StoredLayer known(Digest digest) {
    StoredLayer known = catalog.find(digest);
    return known != null ? known : readAgain(digest);
  }

  private synchronized @Nullable StoredLayer readAgain(Digest digest) {
    StoredLayer known = catalog.find(digest);
    if (known == null) {
      known = survey.readAgain(place(digest));
      if (known != null) {
        catalog.add(known);
      }
    }
    return known;
  }

  /**
   * Starts a layer. Slot and creation time of {@code record} are the store's to fill in.
   *
   * @throws IOException if its directory cannot be made
   */
  @MustBeClosed
  public NewLayer create(LayerRecord record) throws IOException {
    LayerRecord numbered =
        record.withSlot(slots.take(), options.clock().instant()).withCompleted(null);
    return new NewLayer(this, options, numbered, trash.freshName());
  }

  /** Gives a finished directory its name, unless the layer is stored already. */
  @MustBeClosed
  synchronized LayerData adopt(LayerRecord record, Path directory) throws IOException {
    StoredLayer known = known(record.digest());
    if (known != null) {
      return known.open();
    }
    Path place = place(record.digest());
    Disk disk = options.disk();
    if (disk.exists(place)) {
      trash.discard(place); // Was left by a failure, and is known to nobody.
    }
    Path parent = requireNonNull(place.getParent());
    disk.createDirectories(parent);
    Durable.syncDirectory(disk, directory);
    disk.move(directory, place);
    try {
      Durable.syncDirectory(disk, parent);
      Durable.syncDirectory(disk, layersRoot);
    } catch (IOException e) {
      trash.discard(place);
      throw e;
    }
    var added = new StoredLayer(parts, place, record, options.clock().instant());
    added.record(record); // Its time of last use is the clock's, not the file's.
    catalog.add(added);
    return added.open();
  }

  /**
   * Deletes the directory of a layer that was not committed, if it is there, now or later.
   *
   * @param bytes what is counted as used for it
   */
  void discard(Path directory, long bytes) {
    usage.going(bytes);
    trash.delete(new Trash.Doomed(directory, bytes));
  }

  StoreParts parts() {
    return parts;
  }

  /**
   * Removes a layer and its bytes.
   *
   * @return false if it is not stored
   * @throws LayerInUseException if handles are open or the layer is pinned
   * @throws IOException if it cannot be removed; it is stored as before then
   */
  public boolean remove(Digest digest) throws IOException {
    StoredLayer layer = known(digest);
    if (layer == null) {
      return false;
    }
    if (!removeIfUnused(layer)) {
      throw new LayerInUseException(digest);
    }
    return true;
  }

  private boolean removeIfUnused(StoredLayer layer) throws IOException {
    Trash.Doomed doomed;
    synchronized (this) {
      doomed = layer.retire(trash);
      if (doomed == null) {
        return false;
      }
      catalog.remove(layer);
    }
    parts.idle().remove(layer);
    trash.delete(doomed);
    return true;
  }

  /**
   * Records whether somebody wants the layer kept: then neither it nor any of its chunks is removed
   * or evicted, in this process and those after it, until the same is said with {@code false}.
   *
   * @return false if it is not stored
   */
  public boolean keep(Digest digest, boolean wanted) throws IOException {
    StoredLayer layer = known(digest);
    if (layer == null) {
      return false;
    }
    layer.keep(wanted);
    return true;
  }

  /** Returns whether the layer is stored and somebody wants it {@linkplain #keep kept}. */
  public boolean isKept(Digest digest) {
    StoredLayer layer = catalog.find(digest);
    return layer != null && layer.record().pinned() != null;
  }

  /** Pins a layer without opening it; empty if it is not stored. */
  @SuppressWarnings("MustBeClosed") // The caller's.
  public Optional<Pin> pin(Digest digest) {
    StoredLayer layer = known(digest);
    return layer == null ? Optional.empty() : Optional.of(layer.pin());
  }

  /** Returns the bytes that {@link #shrinkTo} could free at most of one layer. */
  public long evictableBytes(Digest digest) {
    StoredLayer layer = catalog.find(digest);
    return layer == null ? 0 : layer.evictableBytes();
  }

  /** Returns the bytes of disk that one layer takes; 0 if it is not stored. */
  public long diskBytes(Digest digest) {
    StoredLayer layer = catalog.find(digest);
    return layer == null ? 0 : layer.countedBytes();
  }

  /**
   * Evicts until the store takes no more than {@code bytes}, or nothing is left that may go: layers
   * nobody uses first, then chunks of those in use. What is pinned stays.
   */
  public void shrinkTo(long bytes) throws IOException {
    Threads.join(surveying);
    trash.retry();
    evictor.shrinkTo(bytes);
  }

  /** Returns the bytes of disk that eviction has freed since the store was opened. */
  public long evictedBytes() {
    return usage.evictedBytes();
  }

  /** Returns the disk that all layers take, in bytes. */
  public long usedBytes() {
    return usage.usedBytes();
  }

  /** Returns how many bytes are free on the store's disk; as many as can be if that is unknown. */
  public long freeBytes() {
    return parts.room().free();
  }

  /**
   * Returns how many bytes may be written beside layers, or into one that no client waits for,
   * before the {@linkplain StoreOptions#reserveBytes reserve} is used; negative where nothing may.
   * Cheap: the disk is asked once per second at most.
   */
  public long spareBytes() {
    return parts.room().spare();
  }

  /** Returns how often data could not be synced since the store was opened. */
  public long failedSyncs() {
    return parts.doubts().failedSyncs();
  }

  /**
   * Starts to hold the store to its quota, now and as it grows. To be called once, when everything
   * that was in use before a restart is open or pinned again: what is not may go.
   */
  public void enforceQuota() {
    evictor.start(surveying);
  }

  /**
   * Syncs the layers that are open, as far as that goes in {@link Checkpoints#LAST_SYNCS}; what
   * goes wrong is logged. Who closes the store soon and must be quick then calls this before.
   */
  public void sync() {
    checkpoints.syncOpen();
  }

  /**
   * Syncs all layers, and closes those whose handles were closed. What could not be synced in time
   * costs a verification after a restart of the machine.
   */
  @Override
  public void close() throws IOException {
    survey.stop();
    pressure.stop();
    Threads.join(surveying);
    checkpoints.close();
    evictor.join();
    catalog.all().forEach(IdleLayers::closeNow);
    // Those in use: their mounts outlive this process, and the next one opens them.
    checkpoints.syncOpen();
    reuse.close();
    lock.close();
  }
}
