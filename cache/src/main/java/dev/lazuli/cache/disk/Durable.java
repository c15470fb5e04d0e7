package dev.lazuli.cache.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Small files that are either there whole or not at all, even if the machine stops. */
public final class Durable {
  private Durable() {}

  /** Writes a new file and syncs it; its name is durable only after {@link #syncDirectory}. */
  public static void write(Disk disk, Path path, ByteBuffer content) throws IOException {
    try (var channel = disk.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      while (content.hasRemaining()) {
        channel.write(content);
      }
      channel.force(true);
    }
  }

  /**
   * Reads a whole file.
   *
   * @throws CacheCorruptException if it has more than {@code most} bytes
   */
  public static byte[] read(Disk disk, Path path, int most) throws IOException {
    try (var channel = disk.open(path, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size > most) {
        throw new CacheCorruptException(path, "larger than " + most + " bytes");
      }
      var content = ByteBuffer.allocate((int) size);
      while (content.hasRemaining() && channel.read(content) >= 0) {}
      if (content.hasRemaining()) {
        throw new CacheCorruptException(path, "ends before its " + size + " bytes");
      }
      return content.array();
    }
  }

  /** Renames {@code fresh}, already synced, over {@code path}. */
  static void replace(Disk disk, Path fresh, Path path) throws IOException {
    disk.move(fresh, path);
    Path parent = path.getParent();
    if (parent != null) {
      syncDirectory(disk, parent);
    }
  }

  /** Puts {@code content} in the place of {@code path}'s. */
  public static void rewrite(Disk disk, Path path, byte[] content) throws IOException {
    Path fresh = path.resolveSibling(path.getFileName() + ".new");
    disk.delete(fresh);
    write(disk, fresh, ByteBuffer.wrap(content));
    replace(disk, fresh, path);
  }

  /** Makes the names in {@code directory} durable. */
  public static void syncDirectory(Disk disk, Path directory) throws IOException {
    try (var channel = disk.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Syncs the content of a file that was written elsewhere. */
  public static void syncFile(Disk disk, Path file) throws IOException {
    try (var channel = disk.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }
}
