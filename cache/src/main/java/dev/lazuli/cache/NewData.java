package dev.lazuli.cache;

import com.google.errorprone.annotations.MustBeClosed;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.cache.chunks.Blocks;
import dev.lazuli.cache.disk.DataFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The data file of a layer that is written whole before it becomes part of the store. What is
 * written counts for the quota at once. It goes to the disk while more comes, so that little is
 * left to wait for at the end; an error on the way there is not forgotten. Used by one thread.
 */
public final class NewData implements AutoCloseable {
  /** 64 MiB: how much may wait to be written to the disk. */
  private static final long FLUSH_BYTES = 64L << 20;

  private final StoreParts parts;
  private final DataFile file;
  private long end;
  private long counted;
  private long flushedTo;
  private @Nullable Thread flushing;

  @GuardedBy("this")
  private @Nullable IOException flushFailure;

  /** Makes the file. */
  @MustBeClosed
  @SuppressWarnings("MustBeClosed") // close() closes the file.
  NewData(StoreParts parts, Path path) throws IOException {
    this.parts = parts;
    parts.disk().createSparse(path, 0);
    this.file = new DataFile(parts.disk(), path);
  }

  /**
   * Writes bytes at their place; places only grow.
   *
   * @throws IOException if they cannot be written, or the store's quota is less than this layer
   */
  public void write(long offset, ByteBuffer window) throws IOException {
    long to = offset + window.remaining();
    count(Blocks.up(to));
    try {
      file.write(offset, window);
    } catch (IOException e) {
      parts.failed(e, /* awaited= */ false); // The layer has failed: no eviction would help it.
      throw e;
    }
    end = Math.max(end, to);
    if (end - flushedTo >= FLUSH_BYTES) {
      flush();
    }
  }

  private void count(long bytes) throws IOException {
    if (bytes <= counted) {
      return;
    }
    if (parts.usage().neverHolds(bytes)) {
      throw new IOException("the layer alone is more than cache.quota allows for all layers");
    }
    parts.usage().grew(bytes - counted);
    counted = bytes;
  }

  /** Returns the bytes that are counted as used. */
  long counted() {
    return counted;
  }

  /** Leaves it to others to count the file. */
  void uncount() {
    parts.usage().grew(-counted);
    counted = 0;
  }

  /** One flush at a time: who is faster than the disk waits here, as it would at a full cache. */
  private void flush() throws IOException {
    Threads.join(flushing);
    throwFailure();
    flushedTo = end;
    flushing = Thread.ofVirtual().name("lazuli-cache-flush").start(this::sync);
  }

  private void sync() {
    try {
      file.sync();
    } catch (IOException e) {
      synchronized (this) {
        flushFailure = e;
      }
    }
  }

  /** Linux tells of a failed write-back once, so whoever was told must remember. */
  private synchronized void throwFailure() throws IOException {
    if (flushFailure != null) {
      throw new IOException("layer data cannot be synced: " + flushFailure, flushFailure);
    }
  }

  /**
   * Gives the file its size and syncs it.
   *
   * @param size at least the end of what was written
   */
  void finish(long size) throws IOException {
    if (size < end) {
      throw new IllegalArgumentException(end + " bytes of data, " + size + " expected");
    }
    if (size > end) {
      write(size - 1, ByteBuffer.allocate(1));
    }
    Threads.join(flushing);
    file.sync();
    throwFailure();
  }

  /** Closes the file, which stays. */
  @Override
  public void close() throws IOException {
    Threads.join(flushing);
    file.close();
  }
}
