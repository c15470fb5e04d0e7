package dev.lazuli.snapshotter.e2e.pods;

import static java.util.Objects.requireNonNull;

import dev.lazuli.demo.containerd.ContainerdConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * A network for pods that may not use the node's: none but loopback. containerd takes it for a
 * plugin of the Container Network Interface that gave the pod an address; nothing of the machine's
 * network is changed.
 */
final class PodNetwork {
  private static final String PLUGIN =
      """
      #!/bin/sh
      cat >/dev/null
      if [ "$CNI_COMMAND" = VERSION ]; then
        echo '{"cniVersion": "0.4.0", "supportedVersions": ["0.3.1", "0.4.0"]}'
      elif [ "$CNI_COMMAND" = ADD ]; then
        echo '{"cniVersion": "0.4.0", "interfaces": [{"name": "eth0", "sandbox": "'"$CNI_NETNS"'"}],'
        echo '"ips": [{"version": "4", "interface": 0, "address": "192.0.2.2/24"}]}'
      fi
      """;

  private static final String CONFIGURATION =
      """
      {"cniVersion": "0.4.0", "name": "none", "plugins": [{"type": "nothing"}]}
      """;

  private PodNetwork() {}

  /** Sets the network up for a containerd that is about to start, and changes nothing else. */
  static ContainerdConfig none(ContainerdConfig config) {
    var socket = requireNonNull(config.proxySnapshotters().get(ContainerdConfig.LAZULI));
    var containerd = socket.resolveSibling("c");
    try {
      var plugins = Files.createDirectories(containerd.resolve("plugins"));
      for (var name : List.of("loopback", "nothing")) {
        var plugin = Files.writeString(plugins.resolve(name), PLUGIN);
        Files.setPosixFilePermissions(plugin, PosixFilePermissions.fromString("rwx------"));
      }
      var configurations = Files.createDirectories(containerd.resolve("cni"));
      Files.writeString(configurations.resolve("none.conflist"), CONFIGURATION);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return config;
  }
}
