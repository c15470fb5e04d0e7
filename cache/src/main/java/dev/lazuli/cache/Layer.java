package dev.lazuli.cache;

import static java.lang.System.Logger.Level.WARNING;

import com.google.errorprone.annotations.MustBeClosed;
import dev.lazuli.cache.chunks.AtomicBits;
import dev.lazuli.cache.chunks.Blocks;
import dev.lazuli.cache.chunks.ChunkTable;
import dev.lazuli.cache.chunks.Holes;
import dev.lazuli.cache.chunks.Presence;
import dev.lazuli.cache.chunks.SyncFailedException;
import dev.lazuli.cache.disk.CacheCorruptException;
import dev.lazuli.cache.disk.DataFile;
import dev.lazuli.cache.disk.Disk;
import dev.lazuli.cache.disk.Durable;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The open files of one stored layer, shared by all of its {@link LayerData} handles. Thread-safe.
 *
 * <p>A read must never see a hole that eviction has just punched. So each read notes the {@link
 * #epoch} first, and each eviction takes the present bit away, then advances the epoch, then
 * punches: whoever read around a punch finds the epoch changed and starts again.
 */
final class Layer {
  private static final System.Logger LOG = System.getLogger(Layer.class.getName());

  static final String META = "meta.erofs";
  static final String DATA = "data";
  static final String CHUNKS = "chunks";
  static final String PRESENT = "present";
  static final String RECORD = "layer.json";

  private final Path directory;
  private final StoredLayer owner;
  private final StoreParts parts;
  private final Arena arena;
  private final ChunkTable chunks;
  private final DataFile data;
  private final Presence presence;
  private final Holes holes;
  private final AtomicBits claims;
  private final AtomicBits touched;
  private volatile LayerRecord record;
  private final AtomicInteger epoch = new AtomicInteger();
  private volatile boolean wasRead;
  private int hand;

  private Layer(
      Path directory,
      LayerRecord record,
      StoredLayer owner,
      Arena arena,
      ChunkTable chunks,
      DataFile data,
      Presence presence) {
    this.directory = directory;
    this.record = record;
    this.owner = owner;
    this.parts = owner.parts();
    this.arena = arena;
    this.chunks = chunks;
    this.data = data;
    this.presence = presence;
    this.holes = new Holes(chunks, presence, data.path(), parts.options().puncher());
    this.claims = new AtomicBits(chunks.count());
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
    StoreParts parts = owner.parts();
    Disk disk = parts.disk();
    Arena arena = Arena.ofShared();
    DataFile data = null;
    Presence presence = null;
    try {
      ChunkTable chunks = ChunkTable.map(disk, directory.resolve(CHUNKS), arena);
      if (verify) {
        chunks.verify(disk, directory.resolve(CHUNKS), directory.resolve(META));
      }
      data = new DataFile(disk, directory.resolve(DATA));
      if (data.channel().size() != chunks.dataSize()) {
        throw new CacheCorruptException(
            data.path(), "size is not the chunk table's %d".formatted(chunks.dataSize()));
      }
      UUID bootId = parts.options().bootId();
      presence = Presence.open(disk, directory.resolve(PRESENT), chunks.count(), bootId, torn);
      var layer = new Layer(directory, record, owner, arena, chunks, data, presence);
      layer.tidy();
      return layer;
    } catch (IOException | RuntimeException e) {
      close(e, data, presence);
      arena.close();
      throw e;
    }
  }

  private static void close(Exception reason, @Nullable Closeable... files) {
    for (Closeable file : files) {
      try {
        if (file != null) {
          file.close();
        }
      } catch (IOException e) {
        reason.addSuppressed(e);
      }
    }
  }

  /** Puts right what a crash has left, before the layer has a user. */
  private void tidy() {
    if (!presence.all()) {
      forgetCompletion();
    }
    if (!presence.clean()) {
      clearLeftovers();
    }
  }

  String digest() {
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
    if (length == 0 || presence.all()) {
      return -1;
    }
    return missing(offset, offset + length);
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

  /** Returns whether the chunk has a digest to be held against; see {@link ChunkTable#digest}. */
  boolean mustVerify(int chunk) {
    return record.tocDigest() != null || chunks.hasDigest(chunk);
  }

  /** Keeps all others from writing the chunk; false if somebody does already. */
  boolean claim(int chunk) {
    return claims.set(chunk);
  }

  void unclaim(int chunk) {
    claims.clear(chunk);
  }

  @MustBeClosed
  Writer writer(int chunk, boolean awaited) throws WriterRefusedException {
    Objects.checkIndex(chunk, chunks.count());
    if (!claim(chunk)) {
      throw new WriterRefusedException(digest(), chunk, presence.has(chunk));
    }
    if (presence.has(chunk)) {
      unclaim(chunk);
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

  /** Records the claimed chunk, whose bytes are in place and verified, as present. */
  void commit(int chunk, boolean awaited) throws IOException {
    boolean counted = presence.doubts(chunk);
    try {
      presence.add(chunk);
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

  /** Drops the first {@code written} bytes of a claimed chunk that is not present. */
  void forget(int chunk, long written) {
    if (written == 0) {
      return;
    }
    try {
      if (presence.doubts(chunk)) {
        dropDoubted(chunk);
      } else {
        presence.settle();
        holes.punch(chunk, chunk + 1);
      }
    } catch (IOException e) {
      // Bytes that stay are not marked present, and the chunk's next fetch overwrites them. A doubt
      // that stays does no harm: such bytes are verified before use.
      LOG.log(WARNING, "layer " + digest() + ": clearing an aborted chunk", e);
    }
  }

  /** Nobody counts what a killed process has left, so it goes before the layer has a user. */
  private void clearLeftovers() {
    try {
      holes.clear();
    } catch (IOException e) {
      LOG.log(WARNING, "layer " + digest() + ": clearing what a killed process left", e);
    }
  }

  /** Gives up what was left of a claimed chunk. */
  void dropDoubted(int chunk) throws IOException {
    presence.settle();
    holes.punch(chunk, chunk + 1);
    try {
      presence.dispel(chunk);
    } finally {
      if (!presence.doubts(chunk)) {
        owner.grew(-Blocks.of(chunks, chunk));
      }
    }
  }

  /**
   * Moves the clock's hand over one present chunk: evicts it if it was not read since the hand came
   * by last. What an earlier boot left unverified goes before anything else. Of a complete layer
   * nothing goes: the kernel may read its data file itself, on a mount that a former daemon made
   * and a container still holds. Only called under the {@link StoredLayer}'s monitor, when the
   * layer is not pinned.
   *
   * @return false if there is nothing to evict
   */
  boolean evictNext() throws IOException {
    return record.completed() == null && (evictDoubted() || evictPresent());
  }

  private boolean evictDoubted() throws IOException {
    int count = chunks.count();
    int chunk = presence.nextDoubted(0, count);
    while (chunk >= 0 && !claim(chunk)) {
      chunk = presence.nextDoubted(chunk + 1, count);
    }
    if (chunk < 0) {
      return false;
    }
    try {
      if (presence.doubts(chunk)) {
        dropDoubted(chunk);
      }
    } finally {
      unclaim(chunk);
    }
    return true;
  }

  private boolean evictPresent() throws IOException {
    int chunk = presence.nextPresent(hand, chunks.count());
    if (chunk < 0) {
      chunk = presence.nextPresent(0, hand);
    }
    if (chunk < 0) {
      return false;
    }
    hand = chunk + 1;
    if (!touched.clear(chunk) && claim(chunk)) {
      try {
        evict(chunk);
      } finally {
        unclaim(chunk);
      }
    }
    return true;
  }

  /** Under the monitor that {@link #seal} takes, so that a layer is complete or loses chunks. */
  private synchronized void evict(int chunk) throws IOException {
    if (!presence.has(chunk) || record.completed() != null) {
      return;
    }
    presence.remove(chunk);
    epoch.incrementAndGet();
    try {
      holes.punch(chunk, chunk + 1);
    } catch (IOException | RuntimeException e) {
      presence.doubt(chunk); // The bytes are still there, still counted, and go some other time.
      throw e;
    }
    owner.grew(-Blocks.of(chunks, chunk));
  }

  /** The record follows presence, also where a full disk keeps it from being written. */
  private synchronized void forgetCompletion() {
    if (record.completed() == null) {
      return;
    }
    LayerRecord incomplete = record.withCompleted(null);
    try {
      update(incomplete);
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
      return presence.checkpoint(data);
    } catch (SyncFailedException e) {
      epoch.incrementAndGet();
      parts.doubts().syncFailed(digest(), e.doubted(), e);
      throw e;
    }
  }

  synchronized void update(LayerRecord next) throws IOException {
    if (!next.equals(record)) {
      Durable.rewrite(parts.disk(), directory.resolve(RECORD), LayerJson.write(next));
      record = next;
      owner.record(next);
    }
  }

  synchronized void addReference(String reference) throws IOException {
    update(record.withReference(reference));
  }

  synchronized void prove(LayerProof found) throws IOException {
    update(record.withProof(found));
  }

  synchronized void keep(@Nullable Instant since) throws IOException {
    update(record.withPinned(since));
  }

  /** Records that the layer is complete and on the disk; false while chunks are missing. */
  synchronized boolean seal() throws IOException {
    while (record.completed() == null && presence.all()) {
      if (checkpoint() && presence.all()) {
        update(record.withCompleted(parts.options().clock().instant()));
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
    try (data;
        Closeable _ = arena::close;
        presence) {
      if (checkpoint) {
        checkpoint();
      }
    } catch (IOException e) {
      LOG.log(WARNING, "closing layer " + digest(), e);
    }
    return !presence.torn();
  }
}
