package dev.lazuli.cache;

import static java.lang.System.Logger.Level.WARNING;

import dev.lazuli.cache.chunks.ChunkTable;
import dev.lazuli.cache.chunks.Presence;
import dev.lazuli.cache.disk.Disk;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Finds missing chunks on this disk: bytes that an earlier boot has left at their place, once their
 * digest was checked, and the same chunk in another place or another layer, copied within the
 * kernel (shared blocks on file systems that can do that). Thread-safe; verification works with
 * {@link #BUFFERS} buffers for the whole store and waits when all are taken.
 */
final class ChunkReuse implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(ChunkReuse.class.getName());
  private static final int BUFFERS = 4;
  private static final int BUFFER_BYTES = 128 << 10;

  private final Catalog catalog;
  private final Disk disk;
  private final ReuseScope scope;
  private final Arena arena = Arena.ofShared();
  private final @Nullable DigestIndex index;
  private final ArrayBlockingQueue<ByteBuffer> buffers = new ArrayBlockingQueue<>(BUFFERS);

  ChunkReuse(Catalog catalog, StoreOptions options) {
    this.catalog = catalog;
    this.disk = options.disk();
    this.scope = options.reuseScope();
    int entries = options.reuseEntries();
    this.index = entries == 0 ? null : new DigestIndex(entries);
    for (int i = 0; i < BUFFERS; i++) {
      buffers.add(arena.allocate(BUFFER_BYTES).asByteBuffer());
    }
  }

  /** Remembers a present chunk. */
  void note(Layer layer, int chunk) {
    if (index != null && layer.chunks().hasDigest(chunk)) {
      index.put(layer.chunks().digestPrefix(chunk), layer.record().slot(), chunk);
    }
  }

  /** Makes the chunk present if that is possible without fetching; returns whether it is. */
  boolean reuse(Layer layer, int chunk) throws IOException {
    if (layer.presence().has(chunk)) {
      return true;
    }
    if (!worthTrying(layer, chunk) || !layer.lock(chunk)) {
      return false;
    }
    long failedSyncs = layer.presence().failedSyncs();
    try {
      return layer.presence().has(chunk)
          || verifyLeft(layer, chunk, failedSyncs)
          || copy(layer, chunk, failedSyncs);
    } catch (CommitRefusedException e) {
      LOG.log(WARNING, "taking a chunk from this disk", e);
      forget(layer, chunk);
      return false;
    } finally {
      layer.unlock(chunk);
    }
  }

  /**
   * Verifies what an earlier boot left, provided that it left something of every missing chunk.
   *
   * @return whether every chunk is present now
   */
  boolean verifyRest(Layer layer) throws IOException {
    Presence presence = layer.presence();
    int count = layer.chunks().count();
    if (presence.count() + presence.doubtedCount() < count) {
      return false;
    }
    for (int c = presence.nextDoubted(0, count); c >= 0; c = presence.nextDoubted(c + 1, count)) {
      reuse(layer, c);
    }
    return presence.all();
  }

  private boolean worthTrying(Layer layer, int chunk) {
    return layer.presence().doubts(chunk)
        || (index != null
            && layer.chunks().hasDigest(chunk)
            && index.find(layer.chunks().digestPrefix(chunk)) != 0);
  }

  private boolean verifyLeft(Layer layer, int chunk, long failedSyncs) throws IOException {
    if (!layer.presence().doubts(chunk)) {
      return false;
    }
    if (layer.chunks().hasDigest(chunk) && isRight(layer, chunk)) {
      layer.commit(chunk, false, failedSyncs);
      return true;
    }
    forget(layer, chunk);
    return false;
  }

  /** What cannot be read, on a bad disk say, is not right: its next fetch writes it anew. */
  private boolean isRight(Layer layer, int chunk) throws IOException {
    ByteBuffer buffer = takeBuffer();
    try {
      return Arrays.equals(sha256(layer, chunk, buffer), digest(layer, chunk));
    } catch (IOException e) {
      LOG.log(WARNING, "verifying chunk %d of layer %s".formatted(chunk, layer.digest()), e);
      return false;
    } finally {
      buffers.add(buffer);
    }
  }

  private static void forget(Layer layer, int chunk) {
    layer.reclaim().forget(chunk, layer.chunks().size(chunk));
  }

  private static byte[] digest(Layer layer, int chunk) {
    byte[] digest = new byte[ChunkTable.DIGEST_BYTES];
    layer.chunks().digest(chunk, digest);
    return digest;
  }

  /** Also writes the bytes again if they may be right in memory but not on the disk. */
  private static byte[] sha256(Layer layer, int chunk, ByteBuffer buffer) throws IOException {
    MessageDigest sha256 = newSha256();
    boolean rewrite = layer.presence().mustRewrite();
    long end = layer.chunks().dataEnd(chunk);
    for (long at = layer.chunks().dataOffset(chunk); at < end; at += BUFFER_BYTES) {
      buffer.clear().limit((int) Math.min(BUFFER_BYTES, end - at));
      layer.data().read(at, buffer);
      sha256.update(buffer.flip());
      if (rewrite) {
        layer.data().write(at, buffer.rewind());
      }
    }
    return sha256.digest();
  }

  private static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private ByteBuffer takeBuffer() throws IOException {
    try {
      return buffers.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for a buffer", e);
    }
  }

  /** The content of a layer is not secret within the layer. */
  private boolean mayCopy(LayerRecord from, LayerRecord to) {
    return from.slot() == to.slot() || scope.mayCopy(from, to);
  }

  private boolean copy(Layer layer, int chunk, long failedSyncs) throws IOException {
    if (index == null || !layer.chunks().hasDigest(chunk)) {
      return false;
    }
    long found = index.find(layer.chunks().digestPrefix(chunk));
    StoredLayer owner = found == 0 ? null : catalog.bySlot(found >>> 32);
    if (owner == null || !mayCopy(owner.record(), layer.record())) {
      return false;
    }
    try (LayerData handle = owner.open()) {
      if (!copy(handle.layer(), (int) found, layer, chunk)) {
        return false;
      }
    } catch (NoSuchFileException e) {
      return false; // Removed since.
    } catch (IOException e) {
      LOG.log(WARNING, "copying a chunk of layer " + owner.record().digest(), e);
      return false;
    }
    layer.commit(chunk, false, failedSyncs);
    return true;
  }

  /** Copies the bytes; false if the source does not have them, or lost them meanwhile. */
  private boolean copy(Layer from, int source, Layer to, int target) throws IOException {
    if (source >= from.chunks().count()
        || from.chunks().size(source) != to.chunks().size(target)
        || !Arrays.equals(digest(from, source), digest(to, target))) {
      return false;
    }
    int epoch = from.epoch();
    if (!from.presence().has(source)) {
      return false;
    }
    transfer(
        from.file(StoredFiles.DATA),
        from.chunks().dataOffset(source),
        to.file(StoredFiles.DATA),
        to.chunks().dataOffset(target),
        to.chunks().size(target));
    return from.epoch() == epoch;
  }

  /** Channels of its own: a transfer moves the target's position, which others would share. */
  private void transfer(Path from, long source, Path to, long target, long size)
      throws IOException {
    try (var reading = disk.open(from, StandardOpenOption.READ);
        var writing = disk.open(to, StandardOpenOption.WRITE)) {
      writing.position(target);
      long done = 0;
      while (done < size) {
        long moved = reading.transferTo(source + done, size - done, writing);
        if (moved <= 0) {
          throw new IOException("copy from %s stopped at %d".formatted(from, source + done));
        }
        done += moved;
      }
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
