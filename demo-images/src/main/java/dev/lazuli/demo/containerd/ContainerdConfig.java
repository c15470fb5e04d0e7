package dev.lazuli.demo.containerd;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a private containerd is told. Immutable.
 *
 * @param proxySnapshotters sockets of remote snapshotters, by the names containerd knows them by
 * @param criSnapshotter the snapshotter of pods
 * @param sandboxImage the image of a pod's pause container
 * @param plainHttpHosts registries that CRI may pull from without TLS
 */
public record ContainerdConfig(
    Map<String, Path> proxySnapshotters,
    String criSnapshotter,
    String sandboxImage,
    Set<String> plainHttpHosts) {
  /** The name of our snapshotter. */
  public static final String LAZULI = "lazuli";

  /** Copies the collections. */
  public ContainerdConfig {
    proxySnapshotters = Map.copyOf(proxySnapshotters);
    plainHttpHosts = Set.copyOf(plainHttpHosts);
  }

  /** Returns a configuration with the snapshotter {@code lazuli} at a socket, also for pods. */
  public static ContainerdConfig lazuliAt(Path socket) {
    return new ContainerdConfig(Map.of(LAZULI, socket), LAZULI, "pause:1", Set.of());
  }

  /** Returns a configuration without remote snapshotters. */
  public static ContainerdConfig overlayfs() {
    return new ContainerdConfig(Map.of(), "overlayfs", "pause:1", Set.of());
  }

  /** Returns the same configuration with one more remote snapshotter. */
  public ContainerdConfig withSnapshotter(String name, Path socket) {
    Map<String, Path> all = new TreeMap<>(proxySnapshotters);
    all.put(name, socket);
    return new ContainerdConfig(all, criSnapshotter, sandboxImage, plainHttpHosts);
  }

  /** Returns the same configuration with another snapshotter for pods. */
  public ContainerdConfig withCriSnapshotter(String name) {
    return new ContainerdConfig(proxySnapshotters, name, sandboxImage, plainHttpHosts);
  }

  /** Returns the same configuration with another image for pause containers. */
  public ContainerdConfig withSandboxImage(String reference) {
    return new ContainerdConfig(proxySnapshotters, criSnapshotter, reference, plainHttpHosts);
  }

  /** Returns the same configuration with one more registry without TLS. */
  public ContainerdConfig withPlainHttp(String host) {
    Set<String> all = new TreeSet<>(plainHttpHosts);
    all.add(host);
    return new ContainerdConfig(proxySnapshotters, criSnapshotter, sandboxImage, all);
  }

  /**
   * Returns the configuration file, version 2. Everything lies below {@code directory}; AppArmor
   * and raised OOM scores are off because a test machine may not allow them, and annotations of
   * snapshots are on because a remote snapshotter lives on them.
   */
  String toToml(Path directory) {
    var toml = new StringBuilder();
    toml.append(
        """
        version = 2
        root = "%1$s/root"
        state = "%1$s/state"
        oom_score = 0
        disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.opt"]

        [grpc]
          address = "%1$s/c.sock"

        [plugins."io.containerd.grpc.v1.cri"]
          sandbox_image = "%2$s"
          stream_server_address = "127.0.0.1"
          stream_server_port = "0"
          disable_apparmor = true
          restrict_oom_score_adj = true
          netns_mounts_under_state_dir = true

        [plugins."io.containerd.grpc.v1.cri".cni]
          bin_dir = "/usr/lib/cni"
          conf_dir = "%1$s/cni"

        [plugins."io.containerd.grpc.v1.cri".containerd]
          snapshotter = "%3$s"
          disable_snapshot_annotations = false
          default_runtime_name = "runc"

        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
          runtime_type = "io.containerd.runc.v2"

        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
          SystemdCgroup = false
        """
            .formatted(directory, sandboxImage, criSnapshotter));
    new TreeMap<>(proxySnapshotters)
        .forEach(
            (name, socket) ->
                toml.append(
                    """

                    [proxy_plugins."%s"]
                      type = "snapshot"
                      address = "%s"
                    """
                        .formatted(name, socket)));
    new TreeSet<>(plainHttpHosts)
        .forEach(
            host ->
                toml.append(
                    """

                    [plugins."io.containerd.grpc.v1.cri".registry.mirrors."%1$s"]
                      endpoint = ["http://%1$s"]
                    """
                        .formatted(host)));
    return toml.toString();
  }
}
