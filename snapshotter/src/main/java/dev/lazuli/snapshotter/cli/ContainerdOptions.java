package dev.lazuli.snapshotter.cli;

/** What options about containerd have in common: they are read as {@code ctr} does. */
final class ContainerdOptions {
  static final String ADDRESS = "${env:CONTAINERD_ADDRESS:-/run/containerd/containerd.sock}";

  static final String ADDRESS_TEXT =
      "containerd's socket. Default: $$CONTAINERD_ADDRESS, or /run/containerd/containerd.sock if"
          + " that is not set.";

  private ContainerdOptions() {}
}
