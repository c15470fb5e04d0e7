package dev.lazuli.snapshotter.cli.demo;

import dev.lazuli.snapshotter.layers.serve.MountChoice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * How the demo can show a lazy start on this machine.
 *
 * @param kind what is possible
 * @param reason why this and nothing better, for people to read
 */
record Way(Kind kind, String reason) {
  private static final Path FUSE = Path.of("/dev/fuse");
  private static final String IN_USER_NAMESPACE =
      "not root: layers are FUSE trees in a user namespace";

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

  /** What this process is, as far as it matters here. */
  enum Place {
    /** One that can start itself again inside a user namespace. */
    OUTSIDE,
    /** One that cannot. */
    OUTSIDE_FOR_GOOD,
    /** Root of a user namespace made for the demo. */
    INSIDE
  }

  /** Finds the best way, by trying what it needs. */
  static Way find(Place place) {
    if (!Files.isReadable(FUSE) || !Files.isWritable(FUSE)) {
      return inProcess(Files.exists(FUSE) ? FUSE + " may not be opened" : "there is no " + FUSE);
    }
    if (place == Place.INSIDE) {
      return mounting(Kind.NAMESPACE, IN_USER_NAMESPACE);
    }
    if (succeeds("unshare", "--mount", "true")) {
      return mounting(Kind.MOUNT, "root: layers are mounted as the daemon mounts them");
    }
    if (place == Place.OUTSIDE
        && succeeds("unshare", "--user", "--map-root-user", "--mount", "true")) {
      // What can be mounted there, the process in there will see.
      return new Way(Kind.NAMESPACE, IN_USER_NAMESPACE);
    }
    return inProcess("mounting is not allowed here, not even in a user namespace");
  }

  private static Way mounting(Kind kind, String reason) {
    Optional<String> obstacle = MountTrial.obstacle();
    return obstacle.isPresent() ? inProcess(obstacle.get()) : new Way(kind, reason);
  }

  private static Way inProcess(String obstacle) {
    return new Way(
        Kind.IN_PROCESS,
        obstacle + ": nothing is mounted, the program's files are read in this process");
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
