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
    long base = offset - dst.position();
    retrying(
        file -> {
          while (dst.hasRemaining()) {
            long at = base + dst.position();
            if (file.read(dst, at) < 0) {
              throw new EOFException("cache file %s ends before %d".formatted(path, at));
            }
          }
        });
  }

  /** Writes all of {@code src} at {@code offset}. */
  public void write(long offset, ByteBuffer src) throws IOException {
    long base = offset - src.position();
    retrying(
        file -> {
          while (src.hasRemaining()) {
            file.write(src, base + src.position());
          }
        });
  }

  @Override
  public void sync() throws IOException {
    retrying(file -> file.force(false));
  }

  /** Something that goes on where it was when it is run again. */
  @FunctionalInterface
  private interface ChannelOperation {
    void on(FileChannel file) throws IOException;
  }

  /** Runs an operation, again with a new channel if an interrupt has closed the one it used. */
  private void retrying(ChannelOperation operation) throws IOException {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          operation.on(channel);
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
