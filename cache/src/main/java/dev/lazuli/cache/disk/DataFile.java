package dev.lazuli.cache.disk;

import com.google.errorprone.annotations.MustBeClosed;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file read and written at positions, from any thread. An interrupt closes a {@link FileChannel}
 * under all of its users; this one opens it again, so that an interrupt affects only the thread
 * that was interrupted.
 */
public final class DataFile implements Syncable, Closeable {
  private final Disk disk;
  private final Path path;
  private volatile FileChannel channel;
  private volatile boolean closed;

  @MustBeClosed
  @SuppressWarnings("MustBeClosed") // close() closes the channel.
  public DataFile(Disk disk, Path path) throws IOException {
    this.disk = disk;
    this.path = path;
    this.channel = open();
  }

  @MustBeClosed
  private FileChannel open() throws IOException {
    return disk.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  public Path path() {
    return path;
  }

  /** Fills {@code dst} from {@code offset}. */
  public void read(long offset, ByteBuffer dst) throws IOException {
    transfer(offset, dst, false);
  }

  /** Writes all of {@code src} at {@code offset}. */
  public void write(long offset, ByteBuffer src) throws IOException {
    transfer(offset, src, true);
  }

  private void transfer(long offset, ByteBuffer buffer, boolean write) throws IOException {
    long base = offset - buffer.position();
    boolean interrupted = false;
    try {
      while (buffer.hasRemaining()) {
        FileChannel current = channel;
        try {
          long at = base + buffer.position();
          int moved = write ? current.write(buffer, at) : current.read(buffer, at);
          if (moved < 0) {
            throw new EOFException("cache file %s ends before %d".formatted(path, at));
          }
        } catch (ClosedChannelException e) {
          interrupted |= Thread.interrupted();
          reopen(e);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void sync() throws IOException {
    boolean interrupted = false;
    try {
      while (true) {
        FileChannel current = channel;
        try {
          current.force(false);
          return;
        } catch (ClosedChannelException e) {
          interrupted |= Thread.interrupted();
          reopen(e);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * Returns the open channel, for calls that work on channels; such a call can fail with {@link
   * ClosedChannelException} when another thread is interrupted.
   */
  public FileChannel channel() {
    return channel;
  }

  @SuppressWarnings("MustBeClosed") // close() closes the channel.
  private synchronized void reopen(ClosedChannelException cause) throws IOException {
    if (closed) {
      throw cause;
    }
    if (!channel.isOpen()) {
      channel = open();
    }
  }

  @Override
  public synchronized void close() throws IOException {
    closed = true;
    channel.close();
  }
}
