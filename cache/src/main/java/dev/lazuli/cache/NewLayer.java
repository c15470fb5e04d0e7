package dev.lazuli.cache;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * A layer being added, in a directory of its own under a temporary name until {@link #commit}. Used
 * by one thread.
 */
public final class NewLayer implements AutoCloseable {
  private final LayerStore store;
  private final LayerRecord record;
  private final Path directory;
  private final ChunkTableBuilder chunks;
  private boolean committed;

  NewLayer(LayerStore store, LayerRecord record, Path directory) throws IOException {
    this.store = store;
    this.record = record;
    this.directory = directory;
    Files.createDirectories(directory);
    this.chunks = new ChunkTableBuilder(directory.resolve(Layer.CHUNKS), record.size());
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
  public LayerData commit() throws IOException {
    long dataSize = chunks.finish();
    chunks.close();
    try (var meta = FileChannel.open(meta(), StandardOpenOption.WRITE)) {
      meta.force(true);
    }
    try (var data = new RandomAccessFile(directory.resolve(Layer.DATA).toFile(), "rw")) {
      data.setLength(dataSize);
      data.getFD().sync();
    }
    UUID bootId = store.options().bootId();
    Presence.create(directory.resolve(Layer.PRESENT), chunks.count(), bootId);
    Durable.rewrite(directory.resolve(Layer.RECORD), LayerJson.write(record));
    LayerData data = store.adopt(record, directory);
    committed = true;
    return data;
  }

  /** Removes everything written so far, unless the layer was committed. */
  @Override
  public void close() throws IOException {
    chunks.close();
    if (!committed) {
      Durable.deleteTree(directory);
    }
  }
}
