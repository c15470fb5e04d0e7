package dev.lazuli.snapshotter.cli.demo;

import dev.lazuli.snapshotter.layers.MountChoice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * How the demo can show a lazy start on this machine.
 *
 * @param kind what is possible
 * @param reason why this and nothing better, for people to read
 */
record Way(Kind kind, String reason) {
  private static final Path FUSE = Path.of("/dev/fuse");

  enum Kind {
    /** As the daemon does it: layers mounted, overlay, program started in it. */
    MOUNT(MountChoice.AUTO),
    /** The same inside a user namespace, where only FUSE can be mounted. */
    NAMESPACE(MountChoice.FUSE_TREE),
    /** Nothing mounted: the program's files are read through index, fetch and cache. */
    IN_PROCESS(MountChoice.FUSE_TREE);

    private final MountChoice choice;

    Kind(MountChoice choice) {
      this.choice = choice;
    }

    MountChoice choice() {
      return choice;
    }
  }

  /** Finds the best way; {@code inNamespace} says that we were started inside a user namespace. */
  static Way find(boolean inNamespace) {
    if (inNamespace) {
      return new Way(Kind.NAMESPACE, "not root: layers are FUSE trees in a user namespace");
    }
    if (!Files.isReadable(FUSE) || !Files.isWritable(FUSE)) {
      return new Way(
          Kind.IN_PROCESS,
          (Files.exists(FUSE) ? FUSE + " may not be opened" : "there is no " + FUSE)
              + ": nothing is mounted, the program's files are read in this process");
    }
    if (succeeds("unshare", "--mount", "true")) {
      return new Way(Kind.MOUNT, "root: layers are mounted as the daemon mounts them");
    }
    if (succeeds("unshare", "--user", "--map-root-user", "--mount", "true")) {
      return new Way(Kind.NAMESPACE, "not root: layers are FUSE trees in a user namespace");
    }
    return new Way(
        Kind.IN_PROCESS,
        "mounting is not allowed here, not even in a user namespace: nothing is mounted, the"
            + " program's files are read in this process");
  }

  private static boolean succeeds(String... command) {
    try {
      var process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
