package dev.lazuli.snapshotter.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where containerd is and what it calls this snapshotter: for commands that talk to containerd. */
final class ContainerdOptions {
  @Option(
      names = "--containerd",
      paramLabel = "SOCKET",
      defaultValue = "${env:CONTAINERD_ADDRESS:-/run/containerd/containerd.sock}",
      description =
          "containerd's socket. Default: $$CONTAINERD_ADDRESS, or /run/containerd/containerd.sock"
              + " if that is not set.")
  private Path socket = Path.of("");

  @Option(
      names = "--snapshotter",
      paramLabel = "NAME",
      defaultValue = "lazuli",
      description = "Name of the snapshotter in containerd. Default: ${DEFAULT-VALUE}.")
  private String snapshotter = "";

  /** Returns containerd's socket; {@code ctr} finds it the same way. */
  Path socket() {
    return socket;
  }

  /** Returns the name of the snapshotter. */
  String snapshotter() {
    return snapshotter;
  }
}
