package dev.lazuli.snapshotter.config;

import java.time.Duration;
import java.util.List;

/** How layers are mounted: the table {@code mount}. */
final class MountSettings {
  static final Setting<MountWay> WAY =
      new Setting<>(
          "mount.way",
          SettingKind.choice(MountWay.class),
          MountWay.AUTO,
          "How layers are mounted.");
  static final Setting<Duration> MOUNT_TIMEOUT =
      new Setting<>(
          "mount.timeout",
          SettingKind.duration(Duration.ofMillis(1), Duration.ofHours(1)),
          Duration.ofSeconds(30),
          "How long to try to mount a layer before containerd is told to unpack it instead.");
  static final Setting<Long> INDEX_MEMORY =
      new Setting<>(
          "mount.index_memory",
          SettingKind.size(64L << 20, 64L << 30),
          512L << 20,
          "Maximum memory, apart from the heap, for all layers that are being prepared for"
              + " mounting. A layer of two million files takes 410 MiB. A layer that needs more"
              + " than this limit is pulled whole. Whole pulls and proofs have a budget each of the"
              + " same size, but of at least 512 MiB.");
  static final Setting<Boolean> KEEPER =
      new Setting<>(
          "mount.keeper",
          SettingKind.flag(),
          true,
          "Whether a small process holds the FUSE connection while the daemon is away, so that"
              + " containers survive its restart.");
  static final Setting<Duration> KEEPER_PATIENCE =
      new Setting<>(
          "mount.keeper_patience",
          SettingKind.duration(Duration.ofSeconds(1), Duration.ofHours(24)),
          Duration.ofMinutes(5),
          "How long the keeper waits for the next daemon before waiting reads fail.");

  static final Setting<Boolean> REHEARSAL =
      new Setting<>(
          "mount.rehearsal",
          SettingKind.flag(),
          true,
          "Whether the daemon, once it serves, pulls a made-up image at the lowest priority, from a"
              + " registry of its own on a free port of the loopback interface, so that the first"
              + " real pull is faster.");

  static final List<Setting<?>> ALL =
      List.of(WAY, MOUNT_TIMEOUT, INDEX_MEMORY, KEEPER, KEEPER_PATIENCE, REHEARSAL);

  private MountSettings() {}
}
