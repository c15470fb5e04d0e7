package dev.lazuli.cache;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.WARNING;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
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
 */
public final class LayerStore implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(LayerStore.class.getName());

  private final Path temporary;
  private final Path layersRoot;
  private final StoreOptions options;
  private final FileChannel lockChannel;
  private final ConcurrentHashMap<String, StoredLayer> layers = new ConcurrentHashMap<>();
  private final Cache<StoredLayer, Boolean> idle;
  private final ConcurrentHashMap<Long, StoredLayer> slotted = new ConcurrentHashMap<>();
  private final LongAdder usedBytes = new LongAdder();
  private final LongAdder evictedBytes = new LongAdder();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final ChunkReuse reuse;
  private final Evictor evictor;
  private final Thread survey;
  private final Thread checkpointing;
  private @Nullable Thread evicting;
  private final Slots slots;

  private LayerStore(Path root, StoreOptions options, FileChannel lockChannel) throws IOException {
    this.temporary = root.resolve("tmp");
    this.layersRoot = root.resolve("layers").resolve("sha256");
    this.options = options;
    this.lockChannel = lockChannel;
    this.idle =
        Caffeine.newBuilder()
            .maximumSize(options.openLayers())
            .evictionListener(
                (@Nullable StoredLayer layer, @Nullable Boolean _, RemovalCause _) ->
                    closeLater(layer))
            .build();
    Durable.deleteTree(temporary);
    Files.createDirectories(temporary);
    Files.createDirectories(layersRoot);
    this.reuse = new ChunkReuse(this);
    this.evictor = new Evictor(this);
    this.slots = new Slots(root.resolve("slots"), scan());
    List<StoredLayer> found = List.copyOf(layers.values());
    this.survey = Thread.ofVirtual().name("lazuli-cache-survey").start(() -> survey(found));
    this.checkpointing =
        Thread.ofVirtual().name("lazuli-cache-checkpoint").start(this::checkpoints);
  }

  /**
   * Opens the store below {@code root}, which is created if it is not there.
   *
   * @throws IOException if another process has it open, or it cannot be read or written
   */
  public static LayerStore open(Path root, StoreOptions options) throws IOException {
    Files.createDirectories(root);
    FileChannel lockChannel =
        FileChannel.open(root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      lock(lockChannel, root);
      return new LayerStore(root, options, lockChannel);
    } catch (IOException | RuntimeException e) {
      lockChannel.close();
      throw e;
    }
  }

  private static void lock(FileChannel channel, Path root) throws IOException {
    FileLock lock;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null;
    }
    if (lock == null) {
      throw new IOException("layer store " + root + " is open elsewhere");
    }
  }

  /** Takes stock of the layers; returns the highest slot seen. */
  private long scan() throws IOException {
    long highest = 0;
    for (Path prefix : list(layersRoot)) {
      for (Path directory : list(prefix)) {
        try {
          Path file = directory.resolve(Layer.RECORD);
          LayerRecord record = LayerJson.read(file);
          if (!directory.equals(place(record.digest()))) {
            throw new CacheCorruptException(file, "is not that of " + record.digest());
          }
          highest = Math.max(highest, record.slot());
          var lastUsed = Files.getLastModifiedTime(file).toInstant();
          register(new StoredLayer(this, directory, record, lastUsed));
        } catch (IOException e) {
          LOG.log(WARNING, "removing unreadable layer " + directory, e);
          discard(directory);
        }
      }
    }
    return highest;
  }

  private void register(StoredLayer layer) {
    layers.put(layer.record().digest(), layer);
    slotted.put(layer.record().slot(), layer);
  }

  /** Opens the layers found at the start once, which counts them and offers their chunks. */
  private void survey(List<StoredLayer> found) {
    for (StoredLayer layer : found) {
      if (closing.getCount() == 0) {
        return;
      }
      try (LayerData data = layer.open()) {
        LOG.log(DEBUG, "found layer {0}, {1} chunks", data.record().digest(), data.presentCount());
      } catch (IOException e) {
        LOG.log(WARNING, "layer " + layer.record().digest() + " cannot be opened", e);
      }
    }
  }

  private void checkpoints() {
    try {
      while (!closing.await(options.checkpointInterval().toNanos(), TimeUnit.NANOSECONDS)) {
        for (StoredLayer layer : layers.values()) {
          if (closing.getCount() > 0) {
            checkpoint(layer);
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void checkpoint(StoredLayer layer) {
    try {
      layer.checkpoint();
    } catch (IOException e) {
      LOG.log(WARNING, "checkpoint of layer " + layer.record().digest(), e);
    }
  }

  private static List<Path> list(Path directory) throws IOException {
    try (var entries = Files.list(directory)) {
      return entries.toList();
    }
  }

  private Path place(String digest) {
    return layersRoot.resolve(LayerDigest.place(digest));
  }

  StoreOptions options() {
    return options;
  }

  /** Returns what is stored, in no order. */
  public List<LayerRecord> list() {
    var records = new ArrayList<LayerRecord>();
    layers.values().forEach(layer -> records.add(layer.record()));
    return records;
  }

  /**
   * Returns a handle on the layer; empty if it is not stored.
   *
   * @param digest the layer blob's digest, {@code sha256:<64 hex>}
   * @throws IOException if it is stored but cannot be opened; {@link #remove} then makes room for
   *     it to be created again
   */
  public Optional<LayerData> find(String digest) throws IOException {
    StoredLayer layer = layers.get(LayerDigest.check(digest));
    return layer == null ? Optional.empty() : Optional.of(layer.open());
  }

  /**
   * Starts a layer. Slot and creation time of {@code record} are the store's to fill in.
   *
   * @throws IOException if its directory cannot be made
   */
  public NewLayer create(LayerRecord record) throws IOException {
    Path directory = temporary.resolve(UUID.randomUUID().toString());
    LayerRecord numbered =
        record.withSlot(slots.take(), options.clock().instant()).withCompleted(null);
    return new NewLayer(this, numbered, directory);
  }

  /** Gives a finished directory its name. */
  synchronized LayerData adopt(LayerRecord record, Path directory) throws IOException {
    StoredLayer known = layers.get(record.digest());
    if (known != null) {
      LayerData data = known.open();
      Durable.deleteTree(directory);
      return data;
    }
    Path place = place(record.digest());
    Path prefix = layersRoot.resolve(LayerDigest.place(record.digest()).getName(0));
    Files.createDirectories(prefix);
    Durable.syncDirectory(directory);
    Durable.replace(directory, place);
    Durable.syncDirectory(layersRoot);
    var added = new StoredLayer(this, place, record, options.clock().instant());
    register(added);
    return added.open();
  }

  /**
   * Removes a layer and its bytes.
   *
   * @return false if it is not stored
   * @throws LayerInUseException if handles are open or the layer is pinned
   */
  public synchronized boolean remove(String digest) throws IOException {
    StoredLayer layer = layers.get(LayerDigest.check(digest));
    if (layer == null) {
      return false;
    }
    if (!removeIfUnused(layer)) {
      throw new LayerInUseException(digest);
    }
    return true;
  }

  synchronized boolean removeIfUnused(StoredLayer layer) throws IOException {
    if (!layer.retire()) {
      return false;
    }
    layers.remove(layer.record().digest());
    slotted.remove(layer.record().slot());
    discard(layer.directory());
    usedBytes.add(-layer.countedBytes());
    return true;
  }

  private void discard(Path directory) throws IOException {
    Path doomed = temporary.resolve(UUID.randomUUID().toString());
    Durable.replace(directory, doomed);
    Durable.deleteTree(doomed);
  }

  Collection<StoredLayer> stored() {
    return layers.values();
  }

  @Nullable StoredLayer bySlot(long slot) {
    return slotted.get(slot);
  }

  ChunkReuse reuse() {
    return reuse;
  }

  void grew(long bytes) {
    usedBytes.add(bytes);
    if (bytes > 0 && options.quotaBytes() > 0 && usedBytes.sum() > options.quotaBytes()) {
      evictor.wake(false);
    }
  }

  /**
   * Records whether somebody wants the layer kept: then neither it nor any of its chunks is removed
   * or evicted, in this process and those after it, until the same is said with {@code false}.
   *
   * @return false if it is not stored
   */
  public boolean keep(String digest, boolean wanted) throws IOException {
    StoredLayer layer = layers.get(LayerDigest.check(digest));
    if (layer == null) {
      return false;
    }
    layer.keep(wanted);
    return true;
  }

  /** Returns whether the layer is stored and somebody wants it {@linkplain #keep kept}. */
  public boolean isKept(String digest) {
    StoredLayer layer = layers.get(LayerDigest.check(digest));
    return layer != null && layer.record().pinned() != null;
  }

  /** Pins a layer without opening it; empty if it is not stored. */
  public Optional<Pin> pin(String digest) {
    StoredLayer layer = layers.get(LayerDigest.check(digest));
    return layer == null ? Optional.empty() : Optional.of(layer.pin());
  }

  /** Returns the bytes that {@link #shrinkTo} could free at most of one layer. */
  public long evictableBytes(String digest) {
    StoredLayer layer = layers.get(LayerDigest.check(digest));
    return layer == null ? 0 : layer.evictableBytes();
  }

  /**
   * Evicts until the store takes no more than {@code bytes}, or nothing is left that may go: layers
   * nobody uses first, then chunks of those in use. What is pinned stays.
   */
  public void shrinkTo(long bytes) throws IOException {
    join(survey);
    evictor.shrinkTo(bytes);
  }

  void evicted(long bytes) {
    evictedBytes.add(bytes);
  }

  /** Returns the bytes of disk that eviction has freed since the store was opened. */
  public long evictedBytes() {
    return evictedBytes.sum();
  }

  /** Returns the disk that all layers take, in bytes. */
  public long usedBytes() {
    return usedBytes.sum();
  }

  /**
   * Returns whether there is room for content that nobody waits for: a tenth of the quota is kept
   * for readers, so that they, and not what might be read some day, decide what is evicted.
   */
  boolean hasRoom() {
    long quota = options.quotaBytes();
    return quota == 0 || usedBytes.sum() < quota - quota / 10;
  }

  /**
   * Starts to hold the store to its quota, now and as it grows. To be called once, when everything
   * that was in use before a restart is open or pinned again: what is not may go.
   */
  public synchronized void enforceQuota() {
    if (evicting == null) {
      evicting = Thread.ofVirtual().name("lazuli-cache-evictor").start(this::evict);
    }
  }

  private void evict() {
    join(survey);
    evictor.wake(false);
    evictor.run();
  }

  /** A write has failed: the disk may be full. */
  void pressed() {
    evictor.wake(true);
  }

  void idle(StoredLayer layer) {
    idle.put(layer, true);
  }

  private static void closeLater(@Nullable StoredLayer layer) {
    if (layer == null) {
      return;
    }
    Thread.ofVirtual().name("lazuli-cache-close").start(() -> closeNow(layer));
  }

  private static void closeNow(StoredLayer layer) {
    try {
      layer.closeIfIdle();
    } catch (IOException e) {
      LOG.log(WARNING, "closing layer " + layer.record().digest(), e);
    }
  }

  /**
   * Syncs and closes all layers. Handles must have been closed; those that have not keep their
   * layer unclean, which costs a verification after a restart of the machine.
   */
  @Override
  public void close() throws IOException {
    closing.countDown();
    evictor.stop();
    join(survey);
    join(checkpointing);
    join(evicting);
    layers.values().forEach(LayerStore::closeNow);
    reuse.close();
    lockChannel.close();
  }

  private static void join(@Nullable Thread thread) {
    try {
      if (thread != null) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
