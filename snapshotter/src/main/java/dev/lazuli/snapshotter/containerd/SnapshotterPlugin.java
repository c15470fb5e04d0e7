package dev.lazuli.snapshotter.containerd;

import dev.lazuli.snapshotter.api.introspection.Plugin;
import java.util.List;
import java.util.Map;

/**
 * A snapshotter as containerd knows it.
 *
 * @param exports what its configuration tells clients
 * @param capabilities what containerd believes that it can do
 * @param failure why containerd could not load it; empty if it could
 */
public record SnapshotterPlugin(
    Map<String, String> exports, List<String> capabilities, String failure) {
  /** Copies the collections. */
  public SnapshotterPlugin {
    exports = Map.copyOf(exports);
    capabilities = List.copyOf(capabilities);
  }

  static SnapshotterPlugin of(Plugin plugin) {
    return new SnapshotterPlugin(
        plugin.getExportsMap(), plugin.getCapabilitiesList(), plugin.getInitErr().getMessage());
  }
}
