package dev.lazuli.snapshotter.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The keys of {@code [indexes]}: where indexes of layers are looked for, and pushed to. */
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

  static final Setting<List<String>> PUBLISH =
      new Setting<>(
          "indexes.publish",
          SettingKind.texts("a list of images, as registry/repository with * for anything"),
          List.of(),
          "Images of which this node pushes the indexes that it makes while it pulls layers whole"
              + " to side_repository, as registry/repository with * for anything. An index shows"
              + " names and small parts of files to whoever may read side_repository. Images that"
              + " pods pull with secrets of their own are left out.");
  static final Setting<Duration> PUBLISH_DELAY =
      new Setting<>(
          "indexes.publish_delay",
          SettingKind.duration(Duration.ZERO, Duration.ofHours(1)),
          Duration.ofSeconds(30),
          "How long after a pull its indexes are pushed at most. Each node waits for a random part"
              + " of this, and pushes what no other has pushed by then.");

  static final List<Setting<?>> ALL =
      List.of(SIDE_REPOSITORY, REFERRERS, SOCI, PUBLISH, PUBLISH_DELAY);

  private IndexSettings() {}
}
