package dev.lazuli.cache;

import static java.lang.System.Logger.Level.WARNING;

import com.google.errorprone.annotations.MustBeClosed;
import dev.lazuli.cache.chunks.AtomicBits;
import dev.lazuli.cache.chunks.Blocks;
import dev.lazuli.cache.chunks.ChunkTable;
import dev.lazuli.cache.chunks.Presence;
import dev.lazuli.cache.chunks.SyncFailedException;
import dev.lazuli.cache.disk.DataFile;
import dev.lazuli.cache.disk.Durable;
import dev.lazuli.digest.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/**
 * The open files of one stored layer, shared by all of its {@link LayerData} handles. Thread-safe.
 *
 * <p>A read must never see a hole that eviction has just punched. So each read notes the {@link
 * #epoch} first, and each eviction takes the present bit away, then advances the epoch, then
 * punches: whoever read around a punch finds the epoch changed and starts again.
 */
final class Layer {
  private static final System.Logger LOG = System.getLogger(Layer.class.getName());

  private final Path directory;
  private final StoredLayer owner;
  private final StoreParts parts;
  private final ChunkFiles files;
  private final ChunkTable chunks;
  private final DataFile data;
  private final Presence presence;
  private final Reclaim reclaim;
  private final AtomicBits locked;
  private final AtomicBits touched;
  private volatile LayerRecord record;
  private final AtomicInteger epoch = new AtomicInteger();
  private volatile boolean wasRead;

  private Layer(Path directory, LayerRecord record, StoredLayer owner, ChunkFiles files) {
    this.directory = directory;
    this.record = record;
    this.owner = owner;
    this.parts = owner.parts();
    this.files = files;
    this.chunks = files.table();
    this.data = files.data();
    this.presence = files.presence();
    this.reclaim = new Reclaim(this, parts.options().puncher());
    this.locked = new AtomicBits(chunks.count());
    this.touched = new AtomicBits(chunks.count());
  }

  /**
   * Opens the files of a layer; none stays open if that fails. The new {@code Layer} owns them.
   *
   * @param torn whether the layer's presence was not written down when it was closed last
   * @param verify whether to compare what never changes with its checksums
   */
  @SuppressWarnings("MustBeClosed") // The layer closes them, or we do.
  static Layer open(
      Path directory, LayerRecord record, StoredLayer owner, boolean torn, boolean verify)
      throws IOException {
    ChunkFiles files = ChunkFiles.open(owner.parts(), directory, torn, verify);
    try {
      var layer = new Layer(directory, record, owner, files);
      layer.tidy();
      return layer;
    } catch (RuntimeException | Error e) {
      try (files) {
        throw e;
      }
    }
  }

  /** Puts right what a crash has left, before the layer has a user. */
  private void tidy() {
    if (!presence.all()) {
      forgetCompletion();
    }
    if (!presence.clean()) {
      reclaim.clearLeftovers();
    }
  }

  Digest digest() {
    return record.digest();
  }

  LayerRecord record() {
    return record;
  }

  Path file(String name) {
    return directory.resolve(name);
  }

  ChunkTable chunks() {
    return chunks;
  }

  ChunkFiles files() {
    return files;
  }

  DataFile data() {
    return data;
  }

  int epoch() {
    return epoch.get();
  }

  Presence presence() {
    return presence;
  }

  int firstMissing(long offset, long length) {
    Objects.checkFromIndexSize(offset, length, chunks.dataSize());
    return length == 0 || presence.all() ? -1 : missing(offset, offset + length);
  }

  private int missing(long offset, long end) {
    int count = chunks.count();
    for (int c = chunks.firstEndingAfter(offset); c < count; c++) {
      if (chunks.dataOffset(c) >= end) {
        return -1;
      }
      if (!presence.has(c)) {
        return c;
      }
      if (!touched.get(c)) {
        touched.set(c);
      }
    }
    return -1;
  }

  void read(long offset, ByteBuffer dst) throws IOException {
    int start = dst.position();
    long end = offset + dst.remaining();
    Objects.checkFromToIndex(offset, end, chunks.dataSize());
    while (dst.hasRemaining()) {
      int before = epoch.get();
      int missing = missing(offset, end);
      if (missing >= 0) {
        throw new ChunkMissingException(digest(), missing);
      }
      data.read(offset, dst);
      if (!wasRead) {
        wasRead = true;
      }
      if (epoch.get() != before) {
        dst.position(start);
      }
    }
  }

  /** Returns whether the chunk has a digest to check; see {@link ChunkTable#digest}. */
  boolean mustVerify(int chunk) {
    return record.tocDigest() != null || chunks.hasDigest(chunk);
  }

  /** Locks the chunk, so that nobody else writes it; false if somebody has locked it. */
  boolean lock(int chunk) {
    return locked.set(chunk);
  }

  void unlock(int chunk) {
    locked.clear(chunk);
  }

  @MustBeClosed
  Writer writer(int chunk, boolean awaited) throws WriterRefusedException {
    Objects.checkIndex(chunk, chunks.count());
    if (!lock(chunk)) {
      throw new WriterRefusedException(digest(), chunk, presence.has(chunk));
    }
    if (presence.has(chunk)) {
      unlock(chunk);
      throw new WriterRefusedException(digest(), chunk, true);
    }
    return new Writer(this, chunk, awaited);
  }

  void write(long offset, ByteBuffer window, boolean awaited) throws IOException {
    try {
      data.write(offset, window);
    } catch (IOException e) {
      parts.failed(e, awaited);
      throw e;
    }
  }

  /** Records the locked chunk, which is verified, as present; see {@link Presence#add}. */
  void commit(int chunk, boolean awaited, long failedSyncs) throws IOException {
    boolean counted = presence.doubts(chunk);
    try {
      if (!presence.add(chunk, failedSyncs)) {
        throw CommitRefusedException.syncFailed(digest(), chunk);
      }
    } catch (IOException e) {
      parts.failed(e, awaited);
      throw e;
    }
    touched.set(chunk);
    parts.reuse().note(this, chunk);
    if (!counted) {
      owner.grew(Blocks.of(chunks, chunk));
    }
  }

  /** Returns what gives disk back. */
  Reclaim reclaim() {
    return reclaim;
  }

  /** Returns whether the chunk was read since this was asked last. */
  boolean takeTouched(int chunk) {
    return touched.clear(chunk);
  }

  /**
   * Marks a present chunk missing; its bytes may be punched after this. Uses the monitor that
   * {@link #seal} takes, so that no complete layer loses a chunk.
   *
   * @return whether it was present
   */
  synchronized boolean takeAway(int chunk) throws IOException {
    if (!presence.has(chunk) || record.completed() != null) {
      return false;
    }
    presence.remove(chunk);
    epoch.incrementAndGet();
    return true;
  }

  /** Counts a chunk's bytes, which the layer has given back. */
  void shrankBy(int chunk) {
    owner.grew(-Blocks.of(chunks, chunk));
  }

  /** The record follows presence, also where a full disk keeps it from being written. */
  private synchronized void forgetCompletion() {
    if (record.completed() == null) {
      return;
    }
    LayerRecord incomplete = record.withCompleted(null);
    try {
      update(_ -> incomplete);
    } catch (IOException e) {
      LOG.log(WARNING, "layer " + digest() + ": recording it as incomplete", e);
      record = incomplete;
      owner.record(incomplete);
    }
  }

  /**
   * Returns the disk that the chunks take, also those that an earlier boot left to be verified;
   * offers the present ones for reuse.
   */
  long survey() {
    long bytes = 0;
    int count = chunks.count();
    for (int c = presence.nextDoubted(0, count); c >= 0; c = presence.nextDoubted(c + 1, count)) {
      bytes += Blocks.of(chunks, c);
    }
    for (int c = presence.nextPresent(0, count); c >= 0; c = presence.nextPresent(c + 1, count)) {
      bytes += Blocks.of(chunks, c);
      parts.reuse().note(this, c);
    }
    return bytes;
  }

  /**
   * Syncs data and presence; returns whether all that is present is on the disk now. Where the data
   * cannot be synced, what was not known to be on the disk is doubted.
   */
  boolean checkpoint() throws IOException {
    try {
      return presence.checkpoint(files);
    } catch (SyncFailedException e) {
      epoch.incrementAndGet();
      parts.doubts().syncFailed(digest(), e.doubted(), e);
      throw e;
    }
  }

  /** Changes what is known of the layer, in memory and on the disk. */
  synchronized void update(UnaryOperator<LayerRecord> change) throws IOException {
    LayerRecord next = change.apply(record);
    if (!next.equals(record)) {
      Durable.rewrite(parts.disk(), directory.resolve(StoredFiles.RECORD), LayerJson.write(next));
      record = next;
      owner.record(next);
    }
  }

  /** Records that the layer is complete and on the disk; false while chunks are missing. */
  synchronized boolean seal() throws IOException {
    while (record.completed() == null && presence.all()) {
      if (checkpoint() && presence.all()) {
        Instant now = parts.options().clock().instant();
        update(known -> known.withCompleted(now));
      }
    }
    return record.completed() != null;
  }

  /** Returns whether anything was read since the last call. */
  boolean takeWasRead() {
    boolean was = wasRead;
    wasRead = false;
    return was;
  }

  /**
   * Closes the files; no handle may be in use.
   *
   * @return whether the presence file says all that is known
   */
  boolean close(boolean checkpoint) throws IOException {
    try (files) {
      if (checkpoint) {
        checkpoint();
      }
    } catch (IOException e) {
      LOG.log(WARNING, "closing layer " + digest(), e);
    }
    return !presence.torn();
  }
}
