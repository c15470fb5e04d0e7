package dev.lazuli.snapshotter.bench;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** What comparisons with other snapshotters are given: those, and where the images are kept. */
final class PeerOptions {
  @Option(
      names = "--snapshotter",
      paramLabel = "NAME=SOCKET",
      description = "A running snapshotter to make known to the private containerd.")
  private Map<String, Path> others = new HashMap<>();

  @Option(
      names = "--keep",
      paramLabel = "DIR",
      description = "Where to keep the images made. Default: lazuli-bench in the user's cache.")
  private Path kept = ImageStore.usualDirectory();

  /** Returns the sockets of other snapshotters, by their names. */
  Map<String, Path> others() {
    return others;
  }

  /** Returns where the images are kept. */
  Path kept() {
    return kept;
  }
}
