package dev.lazuli.snapshotter.node;

import dev.lazuli.snapshotter.config.Configuration;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * How much room there is where layers are kept.
 *
 * @param freeBytes what is free for everybody
 * @param reserveBytes what is to stay free for others, 0 for nothing
 */
record DiskRoom(long freeBytes, long reserveBytes) {
  private static final double GIBIBYTE = 1L << 30;

  /** Looks at the file system of a root directory, which exists. */
  static DiskRoom of(Path root, Configuration.Cache config) throws IOException {
    FileStore store = Files.getFileStore(root);
    return new DiskRoom(
        store.getUsableSpace(), NodeOptions.reserveOn(config, store.getTotalSpace()));
  }

  /** Looks at the file system of a root directory; one that cannot be looked at has no room. */
  static DiskRoom orNone(Path root, Configuration.Cache config) {
    try {
      return of(root, config);
    } catch (IOException e) {
      return new DiskRoom(0, 0);
    }
  }

  /** Returns what may be used that no client waits for. */
  long spareBytes() {
    return Math.max(0, freeBytes - reserveBytes);
  }

  /** Returns what an operator should know; empty if there is room. */
  Optional<String> warning() {
    return freeBytes >= reserveBytes
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "only %.1f GiB of disk are free, %.1f GiB are reserved (cache.reserve): nothing is"
                    + " fetched ahead of readers",
                freeBytes / GIBIBYTE,
                reserveBytes / GIBIBYTE));
  }
}
