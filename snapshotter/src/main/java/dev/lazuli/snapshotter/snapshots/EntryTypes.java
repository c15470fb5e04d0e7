package dev.lazuli.snapshotter.snapshots;

import dev.lazuli.bridge.kernel.DirectoryEntries;
import dev.lazuli.bridge.kernel.NoRoom;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether a file system reports the types of directory entries ({@code d_type}). */
public final class EntryTypes {
  private static final Logger log = LoggerFactory.getLogger(EntryTypes.class);

  private EntryTypes() {}

  /**
   * Returns normally if overlayfs can work on a directory's file system: without types of entries
   * it shows deleted files again, where it can be mounted at all. A disk without room for an entry
   * to look at is taken as it was by the start that filled it.
   *
   * @throws IOException if the file system has no types, or the directory cannot be written
   */
  public static void require(Path directory) throws IOException {
    try {
      if (!present(directory)) {
        throw new IOException(
            ("%s is on a file system (%s) that does not report the types of directory entries"
                 + " (d_type), which overlayfs needs: set 'root' to a directory on another one, or"
                 + " make this one again with them (mkfs.xfs -n ftype=1, mkfs.ext4 -O filetype)")
                .formatted(directory, Files.getFileStore(directory).type()));
      }
    } catch (IOException e) {
      if (!NoRoom.caused(e)) {
        throw e;
      }
      log.warn("{}: no space to test whether the file system supports d_type", directory);
    }
  }

  private static boolean present(Path directory) throws IOException {
    var probe = Files.createTempDirectory(directory, "new-");
    try {
      Files.createFile(probe.resolve("entry"));
      return DirectoryEntries.haveTypes(probe);
    } finally {
      DirectoryTree.delete(probe);
    }
  }
}
