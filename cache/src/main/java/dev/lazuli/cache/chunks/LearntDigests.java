package dev.lazuli.cache.chunks;

import com.google.errorprone.annotations.MustBeClosed;
import dev.lazuli.cache.disk.CacheCorruptException;
import dev.lazuli.cache.disk.DataFile;
import dev.lazuli.cache.disk.Disk;
import dev.lazuli.cache.disk.Syncable;
import dev.lazuli.digest.Digest;
import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * The digests of chunks whose layer's index states none, each from the time that the chunk first
 * came and was right. 32 bytes for each chunk; zeros until it is known. From then on it holds for
 * the chunk as one that is stated. Thread-safe.
 *
 * <p>The file has its full size from the start, so a full disk keeps no digest from being written.
 * A digest lost in a crash costs no more than its chunk: without a digest the chunk cannot be
 * verified, and is fetched again.
 */
public final class LearntDigests implements Syncable, Closeable {
  private static final int BYTES = Digest.SHA256_BYTES;
  private static final int PIECE_BYTES = 64 << 10;

  private final DataFile file;
  private final ByteBuffer digests;
  private final int count;

  private LearntDigests(DataFile file, ByteBuffer digests, int count) {
    this.file = file;
    this.digests = digests;
    this.count = count;
  }

  /** Makes the file for a new layer; syncing it is left to the caller. */
  public static void create(Disk disk, Path file, int chunks) throws IOException {
    try (var channel = disk.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      long size = (long) chunks * BYTES;
      var zeros = ByteBuffer.allocate(PIECE_BYTES);
      for (long at = 0; at < size; ) {
        at += channel.write(zeros.clear().limit((int) Math.min(PIECE_BYTES, size - at)), at);
      }
    }
  }

  /**
   * Opens the file of a layer; what is read of it lives as long as {@code arena}.
   *
   * @param chunks how many the layer has
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosed") // close() closes it, or we do.
  public static LearntDigests open(Disk disk, Path path, int chunks, Arena arena)
      throws IOException {
    var file = new DataFile(disk, path);
    boolean done = false;
    try {
      var opened = new LearntDigests(file, map(file, chunks, arena), chunks);
      done = true;
      return opened;
    } finally {
      if (!done) {
        file.close();
      }
    }
  }

  private static ByteBuffer map(DataFile file, int chunks, Arena arena) throws IOException {
    long size = (long) chunks * BYTES;
    if (file.channel().size() != size) {
      throw new CacheCorruptException(
          file.path(), "size is not that of %d digests".formatted(chunks));
    }
    if (size == 0) {
      return ByteBuffer.allocate(0);
    }
    var digests = file.channel().map(MapMode.READ_ONLY, 0, size, arena).asByteBuffer();
    return digests.order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Copies what is known of a chunk's digest into the first 32 bytes of {@code into}. */
  void get(int chunk, byte[] into) {
    digests.get(chunk * BYTES, into, 0, BYTES);
  }

  /** Returns the first eight bytes of what is known of a chunk's digest. */
  long prefix(int chunk) {
    return digests.getLong(chunk * BYTES);
  }

  /** Returns whether a chunk's digest is known. */
  boolean has(int chunk) {
    int at = chunk * BYTES;
    for (int i = 0; i < BYTES; i += Long.BYTES) {
      if (digests.getLong(at + i) != 0) {
        return true;
      }
    }
    return false;
  }

  /**
   * Takes a chunk's digest, unless it is known already.
   *
   * @return whether this is the chunk's digest from now on
   * @throws IOException if it cannot be written; the chunk then has none
   */
  synchronized boolean learn(int chunk, byte[] sha256) throws IOException {
    if (chunk >= count) {
      throw new IndexOutOfBoundsException(chunk);
    }
    if (!has(chunk)) {
      write(chunk, sha256);
    }
    var known = new byte[BYTES];
    get(chunk, known);
    return Arrays.equals(known, sha256);
  }

  /** Half a digest would refuse the chunk from then on. */
  private void write(int chunk, byte[] sha256) throws IOException {
    try {
      file.write((long) chunk * BYTES, ByteBuffer.wrap(sha256));
    } catch (IOException e) {
      try {
        file.write((long) chunk * BYTES, ByteBuffer.allocate(BYTES));
      } catch (IOException again) {
        e.addSuppressed(again);
      }
      throw e;
    }
  }

  @Override
  public void sync() throws IOException {
    file.sync();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
