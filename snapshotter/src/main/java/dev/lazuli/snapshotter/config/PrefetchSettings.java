package dev.lazuli.snapshotter.config;

import java.util.List;

/** What is fetched before it is read: the table {@code prefetch}. */
final class PrefetchSettings {
  static final Setting<Boolean> PREFETCH =
      new Setting<>(
          "prefetch.enabled",
          SettingKind.flag(),
          true,
          "Whether anything is fetched before it is read: what a layer's prefetch landmark or"
              + " prefetch.size covers, and head starts.");
  static final Setting<Long> PREFETCH_SIZE =
      new Setting<>(
          "prefetch.size",
          SettingKind.size(),
          0L,
          "How much of a layer's beginning is fetched at once if neither a landmark nor a label"
              + " says.");
  static final Setting<Long> HEAD_START =
      new Setting<>(
          "prefetch.head_start",
          SettingKind.size(),
          96L << 20,
          "Maximum to fetch at once of what the program in an image's configuration needs to start."
              + " Costs two or three small requests for each image. 0: no head starts.");

  static final List<Setting<?>> ALL = List.of(PREFETCH, PREFETCH_SIZE, HEAD_START);

  private PrefetchSettings() {}
}
