package dev.lazuli.cache;

import com.google.errorprone.annotations.MustBeClosed;
import dev.lazuli.cache.disk.Disk;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Keeps other processes, and other stores of this one, out of a store. */
final class StoreLock implements Closeable {
  private final FileChannel channel;

  private StoreLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Locks the store.
   *
   * @throws IOException if somebody has it open
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosed") // close() closes the channel.
  static StoreLock take(Disk disk, Path root) throws IOException {
    FileChannel channel =
        disk.open(root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (!isTaken(channel)) {
        throw new IOException("layer store " + root + " is open elsewhere");
      }
      return new StoreLock(channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static boolean isTaken(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
