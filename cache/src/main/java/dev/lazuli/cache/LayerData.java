package dev.lazuli.cache;

import com.google.errorprone.annotations.MustBeClosed;
import dev.lazuli.cache.chunks.Blocks;
import dev.lazuli.cache.chunks.ChunkTable;
import dev.lazuli.cache.chunks.SpanTable;
import dev.lazuli.cache.chunks.StartTable;
import dev.lazuli.cache.disk.CacheCorruptException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A handle on a stored layer. While a handle is open the layer is in use: it is not removed as a
 * whole, though single chunks may be evicted unless it is complete or {@linkplain #pin pinned}.
 * Thread-safe until {@link #close}; the path of a read takes no lock and allocates nothing.
 */
public final class LayerData implements AutoCloseable {
  private final StoredLayer stored;
  private final Layer layer;
  private final AtomicBoolean closed = new AtomicBoolean();

  LayerData(StoredLayer stored, Layer layer) {
    this.stored = stored;
    this.layer = layer;
  }

  Layer layer() {
    return layer;
  }

  /** Returns what is known about the layer, as of now. */
  public LayerRecord record() {
    return layer.record();
  }

  /** Returns the layer's number on this node. */
  public long slot() {
    return layer.record().slot();
  }

  /** Returns the metadata image. */
  public Path metaPath() {
    return layer.file(StoredFiles.META);
  }

  /**
   * Reads the metadata image whole and compares it with what was written.
   *
   * @throws CacheCorruptException if it differs
   * @throws IOException if it cannot be read
   */
  public void checkMeta() throws IOException {
    layer.chunks().verifyMeta(stored.parts().disk(), metaPath());
  }

  /**
   * Returns the data file. It must not be mapped or read by other means before the layer is {@link
   * #complete} and {@linkplain #pin pinned}: holes read as zeros.
   */
  public Path dataPath() {
    return layer.file(StoredFiles.DATA);
  }

  /** Returns the chunk table, valid while this handle is open. */
  public ChunkTable chunks() {
    return layer.chunks();
  }

  /** Returns where in the blob decompression can start, valid while this handle is open. */
  public StartTable starts() {
    return layer.files().starts();
  }

  /**
   * Returns the spans of the blob, valid while this handle is open; none if the layer's index
   * states the digests of its chunks.
   */
  public SpanTable spans() {
    return layer.files().spans();
  }

  /** Returns the file of {@link #starts}, which is there if it has any. */
  public Path startsPath() {
    return layer.file(StoredFiles.STARTS);
  }

  /** Returns the size of the data file in bytes. */
  public long dataSize() {
    return layer.chunks().dataSize();
  }

  /** Returns whether every chunk is present, verified, synced, and recorded as such. */
  public boolean complete() {
    return layer.record().completed() != null;
  }

  /**
   * Returns the first chunk that is missing for a read of {@code length} bytes at {@code offset};
   * -1 if there is none. Bytes that belong to no chunk are padding and never missing.
   *
   * @throws IndexOutOfBoundsException if the range is not within {@link #dataSize}
   */
  public int firstMissing(long offset, long length) {
    return layer.firstMissing(offset, length);
  }

  /** Returns whether the chunk is present. */
  public boolean isPresent(int chunk) {
    return layer.presence().has(chunk);
  }

  /** Returns the first missing chunk from {@code from} up to, not including, {@code to}; or -1. */
  public int nextMissing(int from, int to) {
    return layer.presence().nextMissing(from, to);
  }

  /** Returns how many chunks are present. */
  public int presentCount() {
    return layer.presence().count();
  }

  /**
   * Fills {@code dst} with the bytes at {@code offset}; all of them are verified content or
   * padding. Only a direct buffer is filled without a copy.
   *
   * @throws ChunkMissingException if a chunk is missing, or was evicted meanwhile; {@code dst} then
   *     holds anything
   * @throws IOException if the file cannot be read
   */
  public void read(long offset, ByteBuffer dst) throws IOException {
    layer.read(offset, dst);
  }

  /** Fills {@code dst}, native memory, as {@link #read(long, ByteBuffer)} does. */
  public void read(long offset, MemorySegment dst) throws IOException {
    layer.read(offset, dst.asByteBuffer());
  }

  /**
   * Returns the one writer of a missing chunk.
   *
   * @throws WriterRefusedException if the chunk is present or has a writer already
   */
  @MustBeClosed
  public Writer writer(int chunk) throws WriterRefusedException {
    return layer.writer(chunk, true);
  }

  /**
   * Returns the one writer of a missing chunk that no reader waits for. Where it finds the disk
   * full, nothing is evicted to make room for it, and {@link #hasRoomFor} says so from then on.
   *
   * @throws WriterRefusedException if the chunk is present or has a writer already
   */
  @MustBeClosed
  public Writer writerInAdvance(int chunk) throws WriterRefusedException {
    return layer.writer(chunk, false);
  }

  /**
   * Makes a missing chunk present from what is on this disk: bytes left at its place by an earlier
   * boot of the machine, or the same chunk elsewhere in the store. Reads and writes files, so it is
   * not for threads that must not wait.
   *
   * @return whether the chunk is present now
   * @throws IOException if a file cannot be read or written
   */
  public boolean reuse(int chunk) throws IOException {
    return stored.parts().reuse().reuse(layer, chunk);
  }

  /** Returns whether a chunk that no reader waits for may be added, by {@link #roomInAdvance}. */
  public boolean hasRoomFor(int chunk) {
    return diskBytes(chunk) <= roomInAdvance();
  }

  /** Returns how many bytes of disk the chunk takes when it is present. */
  public long diskBytes(int chunk) {
    return Blocks.of(layer.chunks(), chunk);
  }

  /**
   * Returns how many bytes of disk that no reader waits for may be added to the store: a tenth of
   * the quota is kept for readers, so that they, and not what might be read some day, decide what
   * is evicted; and the {@linkplain StoreOptions#reserveBytes reserve} is left free for others.
   * Negative where nothing may be added. Cheap: the disk is asked once per second at most.
   */
  public long roomInAdvance() {
    return stored.parts().room().left();
  }

  /** Returns the disk this layer takes, in bytes, as {@code du} would count it. */
  public long diskBytes() throws IOException {
    return stored.diskBytes();
  }

  /**
   * Syncs data, then presence.
   *
   * @return whether everything present is on the disk now; false if commits came in between
   * @throws IOException if something cannot be synced; chunks that may not be on the disk for it
   *     are missing from now on, until they are fetched or {@linkplain #reuse proved right}
   */
  public boolean checkpoint() throws IOException {
    return layer.checkpoint();
  }

  /**
   * Syncs and records the layer as complete, if every chunk is present or can be proved to be. A
   * complete layer loses nothing while it is in use; so none becomes complete while the store takes
   * more than its quota, unless it is pinned. Waits a second for that.
   *
   * @return {@link #complete}
   * @throws IOException if something cannot be written or synced; the layer is not complete then
   */
  public boolean seal() throws IOException {
    if (!complete() && !stored.mayBecomeComplete()) {
      return false;
    }
    return layer.seal() || (stored.parts().reuse().verifyRest(layer) && layer.seal());
  }

  /**
   * Adds an image reference to the layer's record, which keeps the {@value
   * LayerRecord#MOST_REFERENCES} that were added last; one that is there already changes nothing.
   */
  public void addReference(String reference) throws IOException {
    layer.update(known -> known.withReference(reference));
  }

  /** Records what the layer's whole blob has shown. */
  public void prove(LayerProof found) throws IOException {
    layer.update(known -> known.withProof(found));
  }

  /** Pins the layer: see {@link Pin}. */
  @MustBeClosed
  public Pin pin() {
    return stored.pin();
  }

  /** Returns another handle on the same layer, with a life of its own. */
  @MustBeClosed
  public LayerData share() throws IOException {
    return stored.open();
  }

  /** Gives the handle back. Idempotent. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      stored.release();
    }
  }
}
