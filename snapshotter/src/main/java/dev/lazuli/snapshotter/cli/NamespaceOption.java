package dev.lazuli.snapshotter.cli;

import picocli.CommandLine.Option;

/** In which of containerd's namespaces an image is: for commands that work with images there. */
final class NamespaceOption {
  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAME",
      defaultValue = "${env:CONTAINERD_NAMESPACE:-default}",
      description = {
        "containerd's namespace. Default: $$CONTAINERD_NAMESPACE, or default if that is not set."
      })
  private String namespace = "";

  /** Returns the namespace; {@code ctr} finds it the same way. */
  String name() {
    return namespace;
  }
}
