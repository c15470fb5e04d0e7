package dev.lazuli.snapshotter;

import java.util.List;
import java.util.stream.Stream;

/**
 * One package with its subpackages, and what it may use: the arrows of {@code
 * docs/architecture.md}, which {@link ArchitectureTest} holds the code to.
 *
 * @param name its name below {@code dev.lazuli}
 * @param uses the rooms it may use
 */
record HouseRoom(String name, List<String> uses) {
  private static final String GENERATED = "snapshotter.api";

  /** Every room of the house, from the bottom up. */
  static final List<HouseRoom> ALL =
      List.of(
          room("digest"),
          room("estargz"),
          room("cache"),
          room("bridge.kernel"),
          room("bridge.erofs", "bridge.kernel"),
          room("bridge.fuse", "bridge.erofs", "bridge.kernel"),
          room("demo", "estargz"),
          room("testimages", "demo"),
          room("registry.model"),
          room("registry.credentials", "registry.model"),
          room("registry.http", "registry.model", "estargz"),
          room("registry.hosts", "registry.http", "registry.model"),
          room("registry.auth", "registry.hosts", "registry.http", "registry.model"),
          room("registry", "estargz"),
          room("snapshotter.config"),
          room("snapshotter.metrics", "registry"),
          room("snapshotter.status"),
          room("snapshotter.convert", "estargz", "registry"),
          room("snapshotter.transport"),
          room("snapshotter.locks"),
          room("snapshotter.containerd", "estargz", "registry", "snapshotter.transport", GENERATED),
          room("snapshotter.fetch", "estargz", "cache"),
          room("snapshotter.proof", "estargz", "cache", "registry", "snapshotter.fetch"),
          room("snapshotter.bulk", "estargz", "cache", "registry", "snapshotter.fetch"),
          room(
              "snapshotter.knowledge",
              "estargz",
              "cache",
              "registry.model",
              "snapshotter.bulk",
              "snapshotter.locks"),
          room(
              "snapshotter.share",
              "estargz",
              "cache",
              "registry",
              "snapshotter.bulk",
              "snapshotter.convert",
              "snapshotter.knowledge"),
          room(
              "snapshotter.soci",
              "estargz",
              "cache",
              "registry",
              "snapshotter.bulk",
              "snapshotter.knowledge"),
          room("snapshotter.start", "cache", "bridge.erofs", "bridge.kernel", "snapshotter.fetch"),
          room("snapshotter.waterfall", "cache", "bridge.erofs", "snapshotter.fetch"),
          room(
              "snapshotter.layers",
              "estargz",
              "cache",
              "bridge",
              "registry",
              "snapshotter.fetch",
              "snapshotter.start",
              "snapshotter.bulk",
              "snapshotter.knowledge",
              "snapshotter.locks",
              "snapshotter.proof",
              "snapshotter.waterfall",
              "snapshotter.status"),
          room(
              "snapshotter.snapshots",
              "registry.model",
              "bridge.kernel",
              "snapshotter.bulk",
              "snapshotter.proof",
              "snapshotter.layers",
              "snapshotter.transport",
              "snapshotter.metrics",
              "snapshotter.status",
              GENERATED),
          room(
              "snapshotter.podman",
              "estargz",
              "cache",
              "bridge.fuse",
              "registry.model",
              "snapshotter.layers",
              "snapshotter.proof",
              "snapshotter.metrics",
              "snapshotter.status"),
          room(
              "snapshotter.rehearsal",
              "demo",
              "estargz",
              "cache",
              "bridge",
              "registry",
              "snapshotter.fetch",
              "snapshotter.layers"),
          room(
              "snapshotter.node",
              "estargz",
              "cache",
              "bridge",
              "registry",
              "snapshotter.fetch",
              "snapshotter.waterfall",
              "snapshotter.knowledge",
              "snapshotter.share",
              "snapshotter.bulk",
              "snapshotter.proof",
              "snapshotter.soci",
              "snapshotter.layers",
              "snapshotter.podman",
              "snapshotter.snapshots",
              "snapshotter.rehearsal",
              "snapshotter.config",
              "snapshotter.metrics",
              "snapshotter.status"),
          room(
              "snapshotter.doctor",
              "estargz",
              "bridge.erofs",
              "bridge.kernel",
              "registry",
              "snapshotter.config",
              "snapshotter.convert",
              "snapshotter.containerd",
              "snapshotter.fetch",
              "snapshotter.knowledge",
              "snapshotter.layers",
              "snapshotter.snapshots",
              "snapshotter.node",
              "snapshotter.metrics",
              "snapshotter.status"),
          room("snapshotter.cli", "estargz", "bridge", "demo", "registry", "snapshotter"));

  /** In these rooms not even two classes use each other, straight or by way of others. */
  static final List<String> WITHOUT_CIRCLES =
      List.of(
          "bridge.kernel",
          "cache.chunks",
          "estargz.checkpoint",
          "estargz.compare",
          "estargz.index",
          "estargz.tar",
          "registry",
          "snapshotter.bulk",
          "snapshotter.cli.demo",
          "snapshotter.containerd",
          "snapshotter.convert",
          "snapshotter.doctor",
          "snapshotter.fetch",
          "snapshotter.knowledge",
          "snapshotter.layers.index",
          "snapshotter.locks",
          "snapshotter.metrics",
          "snapshotter.node",
          "snapshotter.podman",
          "snapshotter.proof",
          "snapshotter.rehearsal",
          "snapshotter.share",
          "snapshotter.snapshots",
          "snapshotter.soci",
          "snapshotter.status",
          "snapshotter.transport",
          "snapshotter.waterfall",
          "testimages");

  private static HouseRoom room(String name, String... uses) {
    return new HouseRoom(name, List.of(uses));
  }

  /** Returns the patterns of all packages that its classes may use. */
  String[] allowed() {
    // Digests are the ground that all rooms stand on.
    return Stream.concat(Stream.of(name, "digest"), uses.stream())
        .map(room -> "dev.lazuli." + room + "..")
        .toArray(String[]::new);
  }
}
