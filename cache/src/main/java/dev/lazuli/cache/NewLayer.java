package dev.lazuli.cache;

import com.google.errorprone.annotations.MustBeClosed;
import dev.lazuli.cache.chunks.ChunkTable;
import dev.lazuli.cache.chunks.ChunkTableBuilder;
import dev.lazuli.cache.chunks.LearntDigests;
import dev.lazuli.cache.chunks.Presence;
import dev.lazuli.cache.chunks.SpanTable;
import dev.lazuli.cache.chunks.StartTable;
import dev.lazuli.cache.chunks.StartTableBuilder;
import dev.lazuli.cache.disk.Checksums;
import dev.lazuli.cache.disk.Disk;
import dev.lazuli.cache.disk.Durable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

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
  private @Nullable StartTableBuilder starts;
  private @Nullable NewData data;
  private SpanTable.@Nullable Builder spans;

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
          new ChunkTableBuilder(
              options.disk(), directory.resolve(StoredFiles.CHUNKS), record.size());
    } catch (IOException | RuntimeException e) {
      store.discard(directory, 0);
      throw e;
    }
  }

  /** Returns the slot the layer will have. */
  public long slot() {
    return record.slot();
  }

  /** Returns where the metadata image is to be written before {@link #commit}. */
  public Path meta() {
    return directory.resolve(StoredFiles.META);
  }

  /** Returns what takes the layer's chunks. */
  public ChunkTable.Builder chunks() {
    return chunks;
  }

  /**
   * Returns where the starts may be written before {@link #commit} by somebody who has a file of
   * them, instead of {@link #starts}.
   */
  public Path startsPath() {
    return directory.resolve(StoredFiles.STARTS);
  }

  /**
   * Returns what takes the places where decompression can start; it belongs to this.
   *
   * @throws IOException if the file cannot be made
   */
  @SuppressWarnings("MustBeClosed") // close() closes it.
  public StartTable.Builder starts() throws IOException {
    var known = starts;
    if (known == null) {
      known = new StartTableBuilder(options.disk(), startsPath());
      starts = known;
    }
    return known;
  }

  /**
   * Returns what takes the spans of the blob, of a layer whose index does not state the digests of
   * its chunks: those are then taken as zeros, and learnt as the chunks come.
   */
  public SpanTable.Builder spans() {
    var known = spans;
    if (known == null) {
      known = new SpanTable.Builder();
      spans = known;
    }
    return known;
  }

  /**
   * Returns what takes the layer's content before {@link #commitWhole}; it belongs to this.
   *
   * @throws IOException if the file cannot be made
   */
  @SuppressWarnings("MustBeClosed") // close() closes it.
  public NewData data() throws IOException {
    var known = data;
    if (known == null) {
      known = new NewData(store.parts(), directory.resolve(StoredFiles.DATA));
      data = known;
    }
    return known;
  }

  /**
   * Makes the layer part of the store, synced to the disk, complete and proved. All of its chunks
   * must have been written to {@link #data}. If somebody else has added the same layer meanwhile,
   * theirs is returned, which need be neither, and this one forgotten.
   *
   * @param compression how the blob is compressed
   * @param proof what reading the whole blob has shown
   * @return a handle on the layer
   * @throws IOException if a file is missing or cannot be written, or the store takes more than its
   *     quota, which a complete layer would make worse for as long as it is in use
   */
  @SuppressWarnings("MustBeClosed") // The caller's.
  public LayerData commitWhole(String compression, LayerProof proof) throws IOException {
    if (!store.parts().usage().isWithinQuotaSoon(() -> false)) {
      throw new IOException("the store takes more than cache.quota, and nothing more can go");
    }
    Disk disk = options.disk();
    long dataSize = finishTables(disk);
    NewData whole = data();
    whole.finish(dataSize);
    whole.close();
    UUID bootId = options.bootId();
    Presence.createWhole(disk, directory.resolve(StoredFiles.PRESENT), chunks.count(), bootId);
    LayerRecord complete = record.asWhole(compression, proof);
    Durable.rewrite(disk, directory.resolve(StoredFiles.RECORD), LayerJson.write(complete));
    whole.uncount(); // The store counts what it has.
    return store.adopt(complete, directory);
  }

  /** Returns the size of the data file. */
  private long finishTables(Disk disk) throws IOException {
    chunks.metaChecksum(Checksums.of(disk, meta(), 0));
    long dataSize = chunks.finish();
    chunks.close();
    if (starts != null) {
      starts.finish();
      starts.close();
    } else if (disk.exists(startsPath())) {
      Durable.syncFile(disk, startsPath());
    }
    if (spans != null) {
      Path digests = directory.resolve(StoredFiles.DIGESTS);
      LearntDigests.create(disk, digests, chunks.count());
      Durable.syncFile(disk, digests);
      spans.write(disk, directory.resolve(StoredFiles.SPANS));
    }
    Durable.syncFile(disk, meta());
    return dataSize;
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
    return commitEmpty(record);
  }

  /**
   * Does what {@link #commit} does with a layer that was on this node before, of which it is known
   * that it is what its digest stands for.
   *
   * @param proof what reading the whole blob had shown then
   * @return a handle on the layer
   * @throws IOException if a file is missing or cannot be written
   */
  @MustBeClosed
  public LayerData commitProved(LayerProof proof) throws IOException {
    return commitEmpty(record.withProof(proof));
  }

  @MustBeClosed
  private LayerData commitEmpty(LayerRecord record) throws IOException {
    Disk disk = options.disk();
    long dataSize = finishTables(disk);
    Path empty = directory.resolve(StoredFiles.DATA);
    disk.createSparse(empty, dataSize);
    Durable.syncFile(disk, empty);
    UUID bootId = options.bootId();
    Presence.create(disk, directory.resolve(StoredFiles.PRESENT), chunks.count(), bootId);
    Durable.rewrite(disk, directory.resolve(StoredFiles.RECORD), LayerJson.write(record));
    return store.adopt(record, directory);
  }

  /** Removes everything written so far, unless the layer was committed. */
  @Override
  public void close() throws IOException {
    var written = data;
    var begun = starts;
    try (chunks;
        begun;
        written) {
      // Each is closed whatever becomes of the others.
    } finally {
      store.discard(directory, written == null ? 0 : written.counted());
    }
  }
}
