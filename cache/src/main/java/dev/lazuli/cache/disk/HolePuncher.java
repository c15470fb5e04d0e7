package dev.lazuli.cache.disk;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Gives a file's blocks back to the file system without changing its size ({@code
 * fallocate(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)}). The JDK has no such call, so whoever
 * opens the store brings one.
 */
@FunctionalInterface
public interface HolePuncher {
  /**
   * Frees the whole blocks of {@code length} bytes at {@code offset} and zeroes the rest of them.
   *
   * @throws IOException if the file system cannot do it
   */
  void punch(Path file, long offset, long length) throws IOException;
}
