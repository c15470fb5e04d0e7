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
 * @param criPulls how CRI pulls, where containerd knows two ways
 * @param appended further text of the file
 */
public record ContainerdConfig(
    Map<String, Path> proxySnapshotters,
    String criSnapshotter,
    String sandboxImage,
    Set<String> plainHttpHosts,
    CriPulls criPulls,
    String appended) {
  /** How CRI pulls images. */
  public enum CriPulls {
    /** By itself, with the labels that remote snapshotters need. */
    CLASSIC,
    /** By containerd's transfer service, as containerd 2.1 and newer do unless told otherwise. */
    TRANSFER
  }

  /** The name of our snapshotter. */
  public static final String LAZULI = "lazuli";

  private static final String FIRST_CRI =
      """

      [plugins."io.containerd.grpc.v1.cri"]
        sandbox_image = "%2$s"
        stream_server_address = "127.0.0.1"
        stream_server_port = "0"
        disable_apparmor = true
        restrict_oom_score_adj = true
        netns_mounts_under_state_dir = true

      [plugins."io.containerd.grpc.v1.cri".cni]
        bin_dir = "%1$s/plugins"
        conf_dir = "%1$s/cni"

      [plugins."io.containerd.grpc.v1.cri".containerd]
        snapshotter = "%3$s"
        disable_snapshot_annotations = false
        default_runtime_name = "runc"

      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
        runtime_type = "io.containerd.runc.v2"

      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
      """;

  private static final String SECOND_CRI =
      """

      [plugins."io.containerd.grpc.v1.cri"]
        stream_server_address = "127.0.0.1"
        stream_server_port = "0"

      [plugins."io.containerd.cri.v1.images"]
        snapshotter = "%3$s"
        disable_snapshot_annotations = %4$s

      [plugins."io.containerd.cri.v1.images".pinned_images]
        sandbox = "%2$s"

      [plugins."io.containerd.cri.v1.runtime"]
        disable_apparmor = true
        restrict_oom_score_adj = true
        netns_mounts_under_state_dir = true

      [plugins."io.containerd.cri.v1.runtime".cni]
        bin_dirs = ["%1$s/plugins"]
        conf_dir = "%1$s/cni"

      [plugins."io.containerd.cri.v1.runtime".containerd]
        default_runtime_name = "runc"

      [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
        runtime_type = "io.containerd.runc.v2"

      [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
        SystemdCgroup = false
      """;

  private static final String UNPACK =
      """

      [[plugins."io.containerd.transfer.v1.local".unpack_config]]
        platform = "linux"
        snapshotter = "%s"
      """;

  private static final String FIRST_MIRROR =
      """

      [plugins."io.containerd.grpc.v1.cri".registry.mirrors."%1$s"]
        endpoint = ["http://%1$s"]
      """;

  private static final String SECOND_MIRROR =
      """

      [plugins."io.containerd.cri.v1.images".registry.mirrors."%1$s"]
        endpoint = ["http://%1$s"]
      """;

  /** Copies the collections. */
  public ContainerdConfig {
    proxySnapshotters = Map.copyOf(proxySnapshotters);
    plainHttpHosts = Set.copyOf(plainHttpHosts);
  }

  /** Returns a configuration with the snapshotter {@code lazuli} at a socket, also for pods. */
  public static ContainerdConfig lazuliAt(Path socket) {
    return new ContainerdConfig(
        Map.of(LAZULI, socket), LAZULI, "pause:1", Set.of(), CriPulls.CLASSIC, "");
  }

  /** Returns a configuration without remote snapshotters. */
  public static ContainerdConfig overlayfs() {
    return new ContainerdConfig(Map.of(), "overlayfs", "pause:1", Set.of(), CriPulls.CLASSIC, "");
  }

  /** Returns the same configuration with one more remote snapshotter. */
  public ContainerdConfig withSnapshotter(String name, Path socket) {
    Map<String, Path> all = new TreeMap<>(proxySnapshotters);
    all.put(name, socket);
    return new ContainerdConfig(
        all, criSnapshotter, sandboxImage, plainHttpHosts, criPulls, appended);
  }

  /** Returns the same configuration with another image for pause containers. */
  public ContainerdConfig withSandboxImage(String reference) {
    return new ContainerdConfig(
        proxySnapshotters, criSnapshotter, reference, plainHttpHosts, criPulls, appended);
  }

  /** Returns the same configuration with one more registry without TLS. */
  public ContainerdConfig withPlainHttp(String host) {
    Set<String> all = new TreeSet<>(plainHttpHosts);
    all.add(host);
    return new ContainerdConfig(
        proxySnapshotters, criSnapshotter, sandboxImage, all, criPulls, appended);
  }

  /** Returns the same configuration with more text at the end of the file. */
  public ContainerdConfig withAppended(String text) {
    return new ContainerdConfig(
        proxySnapshotters, criSnapshotter, sandboxImage, plainHttpHosts, criPulls, appended + text);
  }

  /**
   * Returns the same configuration with CRI pulling by the transfer service, which asks registries
   * on the loopback interface without TLS by itself.
   */
  public ContainerdConfig withTransfer() {
    return new ContainerdConfig(
        proxySnapshotters, criSnapshotter, sandboxImage, Set.of(), CriPulls.TRANSFER, appended);
  }

  /**
   * Returns the configuration file. Everything lies below {@code directory}; AppArmor and raised
   * OOM scores are off because a test machine may not allow them, and annotations of snapshots are
   * on because a remote snapshotter lives on them.
   *
   * @param second whether for containerd 2.0 and newer
   */
  String toToml(Path directory, boolean second) {
    var toml = new StringBuilder();
    toml.append(
        """
        version = 2
        root = "%1$s/root"
        state = "%1$s/state"
        oom_score = 0

        [grpc]
          address = "%1$s/c.sock"
        """
            .formatted(directory));
    toml.append(
        (second ? SECOND_CRI : FIRST_CRI)
            .formatted(directory, sandboxImage, criSnapshotter, criPulls == CriPulls.TRANSFER));
    new TreeMap<>(proxySnapshotters).forEach((name, socket) -> toml.append(proxy(name, socket)));
    if (second) {
      toml.append(UNPACK.formatted("overlayfs"));
      new TreeSet<>(proxySnapshotters.keySet())
          .forEach(name -> toml.append(UNPACK.formatted(name)));
    }
    var mirror = second ? SECOND_MIRROR : FIRST_MIRROR;
    new TreeSet<>(plainHttpHosts).forEach(host -> toml.append(mirror.formatted(host)));
    return toml.append(appended).toString();
  }

  private static String proxy(String name, Object socket) {
    return """

    [proxy_plugins."%1$s"]
      type = "snapshot"
      address = "%2$s"
      capabilities = ["remap-ids"]
      [proxy_plugins."%1$s".exports]
        enable_remote_snapshot_annotations = "true"
    """
        .formatted(name, socket);
  }
}
