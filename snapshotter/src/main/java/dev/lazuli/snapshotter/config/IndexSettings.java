package dev.lazuli.snapshotter.config;

import java.util.List;
import java.util.Optional;

/** The keys of {@code [indexes]}: where others' indexes of layers are looked for. */
final class IndexSettings {
  static final Setting<Optional<String>> SIDE_REPOSITORY =
      new Setting<>(
          "indexes.side_repository",
          SettingKind.repository().orEmpty(),
          Optional.empty(),
          "Repository that has indexes of layers of any images, as lazuli index --push --to writes"
              + " them. With its index, a layer that is in no lazy format is mounted lazily at its"
              + " first pull. Whoever may write there is believed until the layer is proved."
              + " Empty: none.");
  static final Setting<Boolean> REFERRERS =
      new Setting<>(
          "indexes.referrers",
          SettingKind.flag(),
          false,
          "Whether indexes are also taken from an image's own repository, as lazuli index --push"
              + " writes them. Whoever may write to that repository is then believed until the"
              + " layer is proved, also for images that are pulled by their digests.");

  static final Setting<Boolean> SOCI =
      new Setting<>(
          "indexes.soci",
          SettingKind.flag(),
          true,
          "Whether SOCI indexes are used: that which an image names (version 2, made by soci"
              + " convert), and with indexes.referrers also one that refers to the image (version"
              + " 1, made by soci create).");

  static final List<Setting<?>> ALL = List.of(SIDE_REPOSITORY, REFERRERS, SOCI);

  private IndexSettings() {}
}
