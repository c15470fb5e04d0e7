package dev.lazuli.snapshotter.doctor;

import dev.lazuli.snapshotter.config.Configuration;
import dev.lazuli.snapshotter.status.NodeStatus;
import dev.lazuli.snapshotter.status.StatusClient;
import java.io.IOException;
import java.time.Instant;
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
    new StatusCheck(status, Instant.now()).run(examination, version);
    return Optional.of(status);
  }
}
