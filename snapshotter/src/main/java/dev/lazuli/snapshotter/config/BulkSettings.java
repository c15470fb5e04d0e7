package dev.lazuli.snapshotter.config;

import java.time.Duration;
import java.util.List;

/** The keys of {@code [bulk]}: layers without an index, which are pulled whole. */
final class BulkSettings {
  static final Setting<Boolean> ENABLED =
      new Setting<>(
          "bulk.enabled",
          SettingKind.flag(),
          true,
          "Whether layers without an index are pulled by this daemon: fetched in several ranges at"
              + " once, verified and written to their places without a copy and without unpacking."
              + " Otherwise containerd downloads and unpacks them.");
  static final Setting<Integer> PARALLEL =
      new Setting<>(
          "bulk.parallel",
          SettingKind.integer(1, 16),
          3,
          "Maximum number of layers that are pulled whole at the same time; more wait. If one"
              + " registry has all of these turns, another gets one more. While others wait, a"
              + " registry that sends less than 16 KiB per second loses its turn, and containerd"
              + " pulls that layer. This rate doubles with each minute that a registry without a"
              + " turn has waited, up to 16 MiB.");
  static final Setting<Long> MEMORY =
      new Setting<>(
          "bulk.memory",
          SettingKind.size(),
          4L << 20,
          "Memory for bytes that arrive before their turn, for all such pulls together. With less,"
              + " fewer ranges are fetched at once. 0: one range after the other.");
  static final Setting<Duration> TIMEOUT =
      new Setting<>(
          "bulk.timeout",
          SettingKind.duration(Duration.ofSeconds(1), Duration.ofHours(24)),
          Duration.ofMinutes(30),
          "How long containerd waits for one such layer before it is told to unpack it instead.");

  static final Setting<Long> INDEX_QUOTA =
      new Setting<>(
          "bulk.index_quota",
          SettingKind.size(),
          256L << 20,
          "Disk space for indexes of layers that were pulled whole. They stay when the layers go,"
              + " so that a layer is mounted lazily the next time; what was not used for longest is"
              + " removed first. 0: none are made.");

  static final List<Setting<?>> ALL = List.of(ENABLED, PARALLEL, MEMORY, TIMEOUT, INDEX_QUOTA);

  private BulkSettings() {}
}
