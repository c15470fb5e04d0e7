package dev.lazuli.snapshotter.layers.serve;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.bridge.erofs.ErofsMount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directories on which layers are mounted, and which of them this daemon uses. The others were
 * left by a daemon that was killed, or by a mount that came about after its daemon had been killed.
 * Thread-safe.
 */
public final class MountDirectories {
  private static final Logger log = LoggerFactory.getLogger(MountDirectories.class);

  private final Path parent;

  @GuardedBy("this")
  private final Set<Path> used = new HashSet<>();

  /** Names the directory that holds them. */
  public MountDirectories(Path parent) {
    this.parent = parent;
  }

  Path parent() {
    return parent;
  }

  /** From now on a directory is in use; returns whether it was not before. */
  @CanIgnoreReturnValue
  synchronized boolean take(Path directory) {
    return used.add(directory);
  }

  /** A directory is no longer in use. */
  synchronized void giveBack(Path directory) {
    used.remove(directory);
  }

  /** Unmounts and deletes what nobody uses. What cannot be removed stays, and is logged. */
  public synchronized void sweep() {
    try (var all = Files.newDirectoryStream(parent)) {
      for (var directory : all) {
        if (!used.contains(directory)) {
          remove(directory);
        }
      }
    } catch (IOException e) {
      log.warn("{}: {}", parent, e.toString());
    }
  }

  private static void remove(Path directory) {
    try {
      ErofsMount.unmount(directory);
      removeContent(directory);
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      log.warn("left by an earlier daemon: {}", e.toString());
    }
  }

  /** Whoever finds out what the kernel mounts has files, and a mount, in a directory of its own. */
  private static void removeContent(Path directory) throws IOException {
    try (var content = Files.newDirectoryStream(directory)) {
      for (var entry : content) {
        if (Files.isDirectory(entry)) {
          ErofsMount.unmount(entry);
        }
        Files.delete(entry);
      }
    }
  }
}
