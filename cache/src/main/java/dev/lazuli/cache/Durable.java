package dev.lazuli.cache;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;

/** Small files that are either there whole or not at all, even if the machine stops. */
final class Durable {
  private Durable() {}

  /** Writes a new file and syncs it; its name is durable only after {@link #syncDirectory}. */
  static void write(Path path, ByteBuffer content) throws IOException {
    try (var channel =
        FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      while (content.hasRemaining()) {
        channel.write(content);
      }
      channel.force(true);
    }
  }

  /** Renames {@code fresh}, already synced, over {@code path}. */
  static void replace(Path fresh, Path path) throws IOException {
    Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE);
    Path parent = path.getParent();
    if (parent != null) {
      syncDirectory(parent);
    }
  }

  /** Puts {@code content} in the place of {@code path}'s. */
  static void rewrite(Path path, byte[] content) throws IOException {
    Path fresh = path.resolveSibling(path.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    write(fresh, ByteBuffer.wrap(content));
    replace(fresh, path);
  }

  /** Makes the names in {@code directory} durable. */
  static void syncDirectory(Path directory) throws IOException {
    try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Removes {@code path} and all below it; nothing is no error. */
  static void deleteTree(Path path) throws IOException {
    if (!Files.exists(path, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (var walk = Files.walk(path)) {
      for (Path each : (Iterable<Path>) walk.sorted(Comparator.reverseOrder())::iterator) {
        Files.deleteIfExists(each);
      }
    }
  }
}
