package dev.lazuli.cache.disk;

import java.io.IOException;
import java.nio.file.Path;

/** A file of the store is not what the store wrote. The layer is of no use and can be removed. */
public final class CacheCorruptException extends IOException {
  private static final long serialVersionUID = 1;

  public CacheCorruptException(Path file, String what) {
    super("cache file " + file + ": " + what);
  }
}
