package dev.lazuli.cache;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.WARNING;

import dev.lazuli.cache.disk.CacheCorruptException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds the layers on the disk. A directory whose record is missing or is not what the store wrote
 * is removed; one that could not be read for another reason, such as too many open files, stays and
 * is looked at again when somebody asks for it.
 */
final class Survey {
  private static final System.Logger LOG = System.getLogger(Survey.class.getName());

  private final Path root;
  private final Catalog catalog;
  private final StoreParts parts;
  private final Trash trash;
  private final ConcurrentHashMap<Path, Boolean> unread = new ConcurrentHashMap<>();
  private volatile boolean stopped;

  /**
   * Makes a survey.
   *
   * @param root the directory that holds the directories of layers, by prefix
   */
  Survey(Path root, Catalog catalog, StoreParts parts, Trash trash) {
    this.root = root;
    this.catalog = catalog;
    this.parts = parts;
    this.trash = trash;
  }

  /** Reads the records of all layers. */
  void scan() throws IOException {
    for (Path prefix : parts.disk().list(root)) {
      for (Path directory : parts.disk().list(prefix)) {
        StoredLayer layer = read(directory);
        if (layer != null) {
          catalog.add(layer);
        }
      }
    }
  }

  /** Returns a layer that could not be read when the store was opened; null if there is none. */
  @Nullable StoredLayer readAgain(Path directory) {
    if (unread.remove(directory) == null) {
      return null;
    }
    return read(directory);
  }

  private @Nullable StoredLayer read(Path directory) {
    try {
      Path file = directory.resolve(StoredFiles.RECORD);
      LayerRecord record = LayerJson.read(parts.disk(), file);
      if (!directory.equals(root.resolve(StoredLayer.place(record.digest())))) {
        throw new CacheCorruptException(file, "is not that of " + record.digest());
      }
      var lastUsed = parts.disk().modified(file).toInstant();
      return new StoredLayer(parts, directory, record, lastUsed);
    } catch (CacheCorruptException | NoSuchFileException e) {
      LOG.log(WARNING, "removing unreadable layer " + directory, e);
      trash.discard(directory);
    } catch (IOException e) {
      LOG.log(WARNING, "layer " + directory + " cannot be read for now and is kept", e);
      unread.put(directory, true);
    }
    return null;
  }

  /** Opens the layers once, which counts them and offers their chunks for reuse. */
  void count(List<StoredLayer> layers) {
    for (StoredLayer layer : layers) {
      if (stopped) {
        return;
      }
      try (LayerData data = layer.open()) {
        LOG.log(DEBUG, "found layer {0}, {1} chunks", data.record().digest(), data.presentCount());
      } catch (IOException e) {
        LOG.log(WARNING, "layer " + layer.record().digest() + " cannot be opened", e);
      } catch (Throwable e) { // Top of the thread: the remaining layers must still be counted.
        LOG.log(ERROR, "layer " + layer.record().digest() + " cannot be opened", e);
      }
    }
  }

  /** Makes {@link #count} end soon. */
  void stop() {
    stopped = true;
  }
}
