package dev.lazuli.snapshotter.layers;

import dev.lazuli.bridge.kernel.ErrnoException;
import dev.lazuli.bridge.kernel.FileHoles;
import dev.lazuli.bridge.kernel.NoRoom;
import dev.lazuli.cache.StoreOptions;
import dev.lazuli.cache.disk.HolePuncher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a store has to know of a node's file system: whether parts of files can be given back. */
final class DiskSpace {
  private static final Logger log = LoggerFactory.getLogger(DiskSpace.class);

  private static final int PROBE_BYTES = 1 << 16;

  private DiskSpace() {}

  /**
   * Returns options for the file system of {@code root}, with which a full disk is known in any
   * language.
   *
   * @throws IOException if {@code root} cannot be made
   */
  static StoreOptions fitting(StoreOptions options, Path root) throws IOException {
    return options.withPuncher(puncher(root)).withNoRoom(NoRoom::caused);
  }

  /**
   * Returns what punches holes on the file system of {@code root}; null if that cannot be done,
   * which is said in the log.
   *
   * @throws IOException if {@code root} cannot be made
   */
  private static @Nullable HolePuncher puncher(Path root) throws IOException {
    Files.createDirectories(root);
    try {
      probe(root);
    } catch (ErrnoException e) {
      log.warn(
          "{}: on this file system only whole unused layers can be evicted: {}",
          root,
          e.getMessage());
      return null;
    } catch (IOException e) {
      log.debug(
          "{}: whether holes can be punched into files is not known yet: {}", root, e.getMessage());
    }
    return FileHoles::punch;
  }

  private static void probe(Path directory) throws IOException {
    var file = Files.createTempFile(directory, "probe", ".tmp");
    try {
      Files.write(file, new byte[PROBE_BYTES]);
      FileHoles.punch(file, 0, PROBE_BYTES);
    } finally {
      Files.delete(file);
    }
  }
}
