package dev.lazuli.snapshotter.cli.demo;

import dev.lazuli.bridge.fuse.BlobHandler;
import dev.lazuli.bridge.fuse.FuseSession;
import dev.lazuli.bridge.fuse.ReadReply;
import dev.lazuli.bridge.fuse.SessionOptions;
import dev.lazuli.bridge.kernel.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;

/**
 * Mounts what the demo is going to mount, in small: a device may be there and not be FUSE's, the
 * right to open or to mount it may be missing, and overlayfs does not work on every file system.
 */
final class MountTrial {
  private MountTrial() {}

  /** Returns what cannot be mounted here, and why; empty if everything can. Leaves nothing. */
  static Optional<String> obstacle() {
    try {
      var directory = Files.createTempDirectory("lazuli-demo");
      try {
        return obstacle(directory);
      } finally {
        delete(directory);
      }
    } catch (IOException e) {
      return Optional.of("cannot make a directory to mount on (" + e.getMessage() + ")");
    }
  }

  private static Optional<String> obstacle(Path directory) throws IOException {
    try (var _ =
        FuseSession.mount(
            directory.resolve("fs"), new NoBlobs(), null, SessionOptions.defaults())) {
      tryOverlay(directory);
      return Optional.empty();
    } catch (OverlayRefused e) {
      return Optional.of("overlayfs cannot be mounted on " + directory.getParent() + reason(e));
    } catch (IOException e) {
      return Optional.of("FUSE cannot be mounted" + reason(e));
    }
  }

  private static String reason(IOException e) {
    return " (" + e.getMessage() + ")";
  }

  private static void tryOverlay(Path directory) throws IOException {
    var root = Files.createDirectory(directory.resolve("root"));
    var lower = Files.createDirectory(directory.resolve("lower"));
    var upper = Files.createDirectory(directory.resolve("upper"));
    var work = Files.createDirectory(directory.resolve("work"));
    var options = "lowerdir=" + lower + ",upperdir=" + upper + ",workdir=" + work;
    try {
      Mounts.mount("overlay", root, "overlay", 0, options);
    } catch (IOException e) {
      throw new OverlayRefused(e);
    }
    Mounts.unmount(root, Mounts.MNT_DETACH);
  }

  private static final class OverlayRefused extends IOException {
    private static final long serialVersionUID = 1;

    OverlayRefused(IOException cause) {
      super(cause.getMessage(), cause);
    }
  }

  private static final class NoBlobs implements BlobHandler {
    @Override
    public long size(long slot) {
      return -1;
    }

    @Override
    public void read(long slot, long offset, int length, ReadReply reply) {
      throw new IllegalStateException("there is no layer to read");
    }
  }

  /** Deletes a directory with all that is in it. */
  static void delete(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
