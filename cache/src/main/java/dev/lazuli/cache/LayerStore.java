package dev.lazuli.cache;

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
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
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
  private final LongAdder dataBytes = new LongAdder();
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
    this.slots = new Slots(root.resolve("slots"), scan());
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
          layers.put(record.digest(), new StoredLayer(this, directory, record, lastUsed));
        } catch (IOException e) {
          LOG.log(WARNING, "removing unreadable layer " + directory, e);
          discard(directory);
        }
      }
    }
    return highest;
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
    layers.put(record.digest(), added);
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
    if (!layer.retire()) {
      throw new LayerInUseException(digest);
    }
    layers.remove(digest);
    discard(layer.directory());
    return true;
  }

  private void discard(Path directory) throws IOException {
    Path doomed = temporary.resolve(UUID.randomUUID().toString());
    Durable.replace(directory, doomed);
    Durable.deleteTree(doomed);
  }

  void changed(LayerRecord record) {
    StoredLayer layer = layers.get(record.digest());
    if (layer != null) {
      layer.record(record);
    }
  }

  void grew(long bytes) {
    dataBytes.add(bytes);
  }

  /** The disk is full or broken. */
  void pressed() {}

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
    layers.values().forEach(LayerStore::closeNow);
    lockChannel.close();
  }
}
