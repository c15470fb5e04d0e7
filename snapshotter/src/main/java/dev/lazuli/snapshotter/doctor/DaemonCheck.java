package dev.lazuli.snapshotter.doctor;

import dev.lazuli.snapshotter.config.Configuration;
import dev.lazuli.snapshotter.status.NodeStatus;
import dev.lazuli.snapshotter.status.StatusClient;
import java.io.IOException;
import java.util.Optional;

/** Whether the daemon runs, and what it says of itself. */
record DaemonCheck(Configuration config, String version) {
  private static final String AREA = "daemon";

  /** Looks, and returns what the daemon says; empty if none answers. */
  Optional<NodeStatus> run(Examination examination) {
    NodeStatus status;
    try {
      status = new StatusClient(config.statusSocket()).status();
    } catch (IOException e) {
      examination.problem(
          AREA,
          Examination.words(e),
          "systemctl start lazuli, or: lazuli daemon; if it runs with other options than the"
              + " configuration file's, give them to this command too");
      return Optional.empty();
    }
    examination.ok(
        AREA, "version %s, process %d, answers".formatted(status.version(), status.pid()));
    if (!status.version().equals(version)) {
      examination.note(
          AREA,
          "it is of version " + status.version() + ", this command of " + version,
          "systemctl restart lazuli");
    }
    status
        .noLazyMounts()
        .ifPresent(
            reason ->
                examination.problem(
                    AREA,
                    "it mounts nothing lazily: " + reason,
                    "fix the kernel findings above, then systemctl restart lazuli"));
    for (var warning : status.warnings()) {
      examination.note(AREA, warning, "see install.md, The daemon");
    }
    troubles(examination, status);
    return Optional.of(status);
  }

  private static void troubles(Examination examination, NodeStatus status) {
    if (status.troubles().isEmpty()) {
      return;
    }
    var last = status.troubles().getFirst();
    var image = last.image().isEmpty() ? "an image" : last.image();
    examination.note(
        AREA,
        "%d layers could not be mounted lazily, the last one of %s: %s"
            .formatted(status.troubles().size(), image, last.reason()),
        "lazuli status lists all of them; lazuli doctor IMAGE looks at one image");
  }
}
