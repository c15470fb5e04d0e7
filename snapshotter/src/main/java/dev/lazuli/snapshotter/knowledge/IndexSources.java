package dev.lazuli.snapshotter.knowledge;

import dev.lazuli.cache.LayerInUseException;
import dev.lazuli.cache.LayerRecord;
import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.bulk.UnindexedLayer;
import dev.lazuli.snapshotter.locks.KeyedLocks;
import dev.lazuli.snapshotter.locks.RegistryTurns;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All {@link IndexSource sources} of this node, asked in turn. What goes wrong with one is logged,
 * and the layer is pulled whole if no other has an index of it. Thread-safe.
 */
public final class IndexSources {
  private static final Logger log = LoggerFactory.getLogger(IndexSources.class);

  /** A place that is asked for an index must not make a pull without one slower than this. */
  private static final Duration MOST_ASKING = Duration.ofSeconds(5);

  /** Indexes that are fetched; each has a connection, buffers, and its bytes on the disk. */
  private static final int AT_ONCE = 16;

  private final List<IndexSource> sources;
  private final IndexAssembly assembly;
  private final Duration patience;

  private final RegistryTurns turns = new RegistryTurns("indexes are being fetched", AT_ONCE);

  /** Who wants a layer that another thread is adding waits for that. */
  private final KeyedLocks<Digest> adding = new KeyedLocks<>();

  /**
   * Makes the sources.
   *
   * @param sources the most trusted first
   * @param patience how long each may take to bring a layer's index; to say whether it has one, 5 s
   *     at most
   */
  public IndexSources(List<IndexSource> sources, IndexAssembly assembly, Duration patience) {
    this.sources = List.copyOf(sources);
    this.assembly = assembly;
    this.patience = patience;
  }

  /** Says whether an image may use what was pulled for others without asking. */
  @FunctionalInterface
  public interface Sharing {
    /**
     * Returns whether it may.
     *
     * @param others references of the images that a layer was pulled for
     */
    boolean isShared(List<String> others);
  }

  /**
   * Adds a layer to the store by an index of it, if a source has one and the layer is not there.
   *
   * @param sharing whose stored layers the image may have
   * @return the digest by which the index is known; empty if the layer has to be pulled whole
   * @throws InterruptedException if the caller no longer waits
   */
  public Optional<Digest> addByIndex(IndexQuery query, Sharing sharing)
      throws InterruptedException {
    if (sources.isEmpty()) {
      return Optional.empty();
    }
    try (var _ = adding.lockInterruptibly(query.layer())) {
      var there = stored(query).filter(record -> sharing.isShared(record.references()));
      return there.isPresent() ? Optional.ofNullable(there.get().tocDigest()) : ask(query);
    }
  }

  /** Returns the record of a layer that an index from elsewhere has brought here. */
  private Optional<LayerRecord> stored(IndexQuery query) {
    return assembly
        .store()
        .record(query.layer())
        .filter(record -> record.format().equals(UnindexedLayer.FORMAT))
        .filter(record -> record.tocDigest() != null && record.proof() == null);
  }

  private Optional<Digest> ask(IndexQuery query) throws InterruptedException {
    for (var source : sources) {
      try {
        var found = addByIndex(source, query);
        if (found.isPresent()) {
          return found;
        }
      } catch (IOException e) {
        log.warn("layer {}: no index by {}: {}", query.layer(), source.name(), e.getMessage());
      }
    }
    return Optional.empty();
  }

  private Optional<Digest> addByIndex(IndexSource source, IndexQuery query)
      throws IOException, InterruptedException {
    var asking = patience.compareTo(MOST_ASKING) < 0 ? patience : MOST_ASKING;
    var found = within(asking, () -> source.find(query)).orElse(null);
    return found == null
        ? Optional.empty()
        : within(patience, () -> addByIndex(found, source, query));
  }

  private Optional<Digest> addByIndex(FoundIndex found, IndexSource source, IndexQuery query)
      throws IOException, InterruptedException {
    if (isStoredBy(found, query)) {
      return Optional.of(found.digest());
    }
    try (var _ = turns.take(found.registry(), patience);
        var layer = found.addTo(assembly)) {
      if (!found.digest().equals(layer.record().tocDigest())) {
        throw new IOException("another index was faster");
      }
    }
    log.info(
        "layer {}: mounted by index {} of {}, not proved yet",
        query.layer(),
        found.digest(),
        source.name());
    return Optional.of(found.digest());
  }

  /** Returns whether the layer is there by this index; by another it must not be in use. */
  private boolean isStoredBy(FoundIndex found, IndexQuery query) throws IOException {
    var there = assembly.store().record(query.layer());
    if (there.isEmpty()) {
      return false;
    }
    if (found.digest().equals(there.get().tocDigest()) && there.get().proof() == null) {
      return true;
    }
    try {
      var _ = assembly.store().remove(query.layer());
      return false;
    } catch (LayerInUseException e) {
      throw new IOException("the layer is in use, made by another index", e);
    }
  }

  /** Runs what may take long, and gives up waiting for it after a while. */
  private static <T> Optional<T> within(Duration patience, Callable<Optional<T>> work)
      throws IOException, InterruptedException {
    var task = new FutureTask<Optional<T>>(work);
    Thread.ofVirtual().name("lazuli-index-source").start(task);
    try {
      return task.get(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new IOException("nothing came within " + patience, e);
    } catch (ExecutionException e) {
      var cause = e.getCause();
      throw new IOException(cause instanceof IOException io ? io.getMessage() : "" + cause, cause);
    } finally {
      boolean _ = task.cancel(/* mayInterruptIfRunning= */ true);
    }
  }
}
