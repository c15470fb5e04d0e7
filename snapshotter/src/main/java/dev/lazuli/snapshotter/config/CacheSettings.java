package dev.lazuli.snapshotter.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What is kept on disk: the table {@code cache}. */
final class CacheSettings {
  static final Setting<Long> QUOTA =
      new Setting<>(
          "cache.quota",
          SettingKind.size(),
          0L,
          "Disk space for layers. When they take more, what has not been used for longest is"
              + " removed. 0: no limit.");
  static final Setting<Optional<Long>> RESERVE =
      new Setting<>(
          "cache.reserve",
          SettingKind.size().orEmpty(),
          Optional.empty(),
          "Disk space to leave free for others. When less than this is free, only what readers and"
              + " clients wait for is fetched, and no index is kept. Empty: a twentieth of the file"
              + " system, 10GiB at most. 0: none.");
  static final Setting<Integer> OPEN_LAYERS =
      new Setting<>(
          "cache.open_layers",
          SettingKind.integer(0, 100_000),
          64,
          "How many unused layers stay open for their next user.");
  static final Setting<Integer> REUSE_ENTRIES =
      new Setting<>(
          "cache.reuse_entries",
          SettingKind.integer(0, 1 << 24),
          1 << 18,
          "How many chunk digests to remember, so that equal chunks of other layers are copied"
              + " instead of fetched. Each takes 16 bytes. 0: none.");
  static final Setting<Duration> CHECKPOINT =
      new Setting<>(
          "cache.checkpoint",
          SettingKind.duration(Duration.ofSeconds(1), Duration.ofHours(1)),
          Duration.ofSeconds(30),
          "How often new content is synced, so that it need not be verified again after a crash of"
              + " the machine.");

  static final List<Setting<?>> ALL =
      List.of(QUOTA, RESERVE, OPEN_LAYERS, REUSE_ENTRIES, CHECKPOINT);

  private CacheSettings() {}
}
