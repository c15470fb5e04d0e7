package dev.lazuli.snapshotter.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Directories that only their owner may enter. What an image holds must be out of reach of the
 * host's users: its private files, and programs that would run with an owner's rights.
 */
final class PrivateDirectory {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  /** Directories that others live in as well, so closing them would harm the node. */
  private static final Set<String> SHARED =
      Set.of(
          "/",
          "/dev",
          "/dev/shm",
          "/etc",
          "/home",
          "/media",
          "/mnt",
          "/opt",
          "/run",
          "/run/lock",
          "/srv",
          "/tmp",
          "/usr",
          "/usr/local",
          "/var",
          "/var/cache",
          "/var/lib",
          "/var/lock",
          "/var/log",
          "/var/run",
          "/var/spool",
          "/var/tmp");

  private PrivateDirectory() {}

  /**
   * Makes a directory with its parents, or closes one that is there to everybody but its owner.
   *
   * @param inside names of directories in it that are closed too where they exist
   * @throws IOException if the directory is one that others share, or cannot be made or closed
   */
  static void make(Path directory, String... inside) throws IOException {
    var whole = directory.toAbsolutePath().normalize();
    if (SHARED.contains(whole.toString())) {
      throw new IOException(
          whole
              + " is shared with others; Lazuli needs a directory of its own, such as "
              + whole.resolve("lazuli"));
    }
    Files.createDirectories(whole, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    close(whole);
    for (var name : inside) {
      if (Files.isDirectory(whole.resolve(name))) {
        close(whole.resolve(name));
      }
    }
  }

  private static void close(Path directory) throws IOException {
    if (!Files.getPosixFilePermissions(directory).equals(OWNER_ONLY)) {
      Files.setPosixFilePermissions(directory, OWNER_ONLY);
    }
  }
}
