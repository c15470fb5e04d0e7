package dev.lazuli.snapshotter.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which containerd to talk to, and in which namespace, with the names that {@code ctr} uses. */
final class CtrOptions {
  @Mixin private ContainerdOptions containerd = new ContainerdOptions();

  @Option(
      names = {"-a", "--address"},
      paramLabel = "SOCKET",
      description = "The same as --containerd, for those who are used to ctr.")
  private @Nullable Path address;

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAME",
      defaultValue = "${env:CONTAINERD_NAMESPACE:-default}",
      description =
          "containerd's namespace. Default: $$CONTAINERD_NAMESPACE, or default if that is not set.")
  private String namespace = "";

  /** Returns containerd's socket; {@code ctr} finds it the same way. */
  Path socket() {
    return address == null ? containerd.socket() : address;
  }

  /** Returns the name of the snapshotter. */
  String snapshotter() {
    return containerd.snapshotter();
  }

  /** Returns the namespace; {@code ctr} finds it the same way. */
  String namespace() {
    return namespace;
  }
}
