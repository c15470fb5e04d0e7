package dev.lazuli.cache;

import com.google.errorprone.annotations.MustBeClosed;
import dev.lazuli.cache.chunks.ChunkTable;
import dev.lazuli.cache.chunks.ChunkTableBuilder;
import dev.lazuli.cache.chunks.Presence;
import dev.lazuli.cache.disk.Checksums;
import dev.lazuli.cache.disk.Disk;
import dev.lazuli.cache.disk.Durable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;

/**
 * A layer being added, in a directory of its own under a temporary name until {@link #commit}. Used
 * by one thread.
 */
public final class NewLayer implements AutoCloseable {
  private final LayerStore store;
  private final StoreOptions options;
  private final LayerRecord record;
  private final Path directory;
  private final ChunkTableBuilder chunks;

  /** Makes {@code directory}; nothing is left of it if that fails. */
  @MustBeClosed
  @SuppressWarnings("MustBeClosed") // close() closes the chunk table.
  NewLayer(LayerStore store, StoreOptions options, LayerRecord record, Path directory)
      throws IOException {
    this.store = store;
    this.options = options;
    this.record = record;
    this.directory = directory;
    try {
      options.disk().createDirectories(directory);
      this.chunks =
          new ChunkTableBuilder(options.disk(), directory.resolve(Layer.CHUNKS), record.size());
    } catch (IOException | RuntimeException e) {
      store.discard(directory);
      throw e;
    }
  }

  /** Returns the slot the layer will have. */
  public long slot() {
    return record.slot();
  }

  /** Returns where the metadata image is to be written before {@link #commit}. */
  public Path meta() {
    return directory.resolve(Layer.META);
  }

  /** Returns what takes the layer's chunks. */
  public ChunkTable.Builder chunks() {
    return chunks;
  }

  /**
   * Makes the layer part of the store, synced to the disk, with no chunk present. If somebody else
   * has added the same layer meanwhile, theirs is returned and this one forgotten.
   *
   * @return a handle on the layer
   * @throws IOException if a file is missing or cannot be written
   */
  @MustBeClosed
  public LayerData commit() throws IOException {
    Disk disk = options.disk();
    chunks.metaChecksum(Checksums.of(disk, meta(), 0));
    long dataSize = chunks.finish();
    chunks.close();
    Durable.syncFile(disk, meta());
    Path data = directory.resolve(Layer.DATA);
    disk.createSparse(data, dataSize);
    Durable.syncFile(disk, data);
    UUID bootId = options.bootId();
    Presence.create(disk, directory.resolve(Layer.PRESENT), chunks.count(), bootId);
    Durable.rewrite(disk, directory.resolve(Layer.RECORD), LayerJson.write(record));
    return store.adopt(record, directory);
  }

  /** Removes everything written so far, unless the layer was committed. */
  @Override
  public void close() throws IOException {
    try {
      chunks.close();
    } finally {
      store.discard(directory);
    }
  }
}
