package dev.lazuli.snapshotter.config;

import java.time.Duration;
import java.util.List;

/** How content is fetched: the table {@code fetch}. */
final class FetchSettings {
  private static final Duration HOUR = Duration.ofHours(1);

  static final Setting<Integer> STREAMS =
      new Setting<>(
          "fetch.streams",
          SettingKind.integer(2, 256),
          8,
          "Maximum number of ranges that the whole node fetches at the same time. Each takes about"
              + " half a MiB of memory.");
  static final Setting<Long> UNIT =
      new Setting<>(
          "fetch.unit",
          SettingKind.size(4L << 10, 64L << 20),
          256L << 10,
          "Smallest amount to ask for in one request: a miss brings its missing neighbours along,"
              + " up to this size.");
  static final Setting<Duration> READ_DEADLINE =
      new Setting<>(
          "fetch.read_deadline",
          SettingKind.duration(Duration.ofSeconds(1), HOUR),
          Duration.ofSeconds(60),
          "How long a read waits for its bytes before it fails with EIO.");
  static final Setting<Boolean> BACKGROUND =
      new Setting<>(
          "fetch.background",
          SettingKind.flag(),
          true,
          "Whether the rest of a layer is fetched in the background after it has been mounted.");
  static final Setting<Duration> BACKGROUND_DELAY =
      new Setting<>(
          "fetch.background_delay",
          SettingKind.duration(Duration.ZERO, HOUR),
          Duration.ofSeconds(2),
          "Background fetch starts once a container has read from the image and no read has missed"
              + " for this long. With idle processors and no reads, a quarter of it is enough. If"
              + " no container ever reads, it starts after five times as long; in any case after"
              + " thirty times.");
  static final Setting<Integer> BACKGROUND_STREAMS =
      new Setting<>(
          "fetch.background_streams",
          SettingKind.integer(1, 256),
          3,
          "Maximum number of ranges that background fetches have open at the same time. Never more"
              + " than the number of processors minus one, but at least one.");
  static final Setting<Long> BACKGROUND_BANDWIDTH =
      new Setting<>(
          "fetch.background_bandwidth",
          SettingKind.size(),
          0L,
          "Maximum bytes per second for background fetches. 0: no limit.");
  static final Setting<Integer> BACKGROUND_REQUESTS =
      new Setting<>(
          "fetch.background_requests",
          SettingKind.integer(0, 100_000),
          0,
          "Maximum requests per second for background fetches. 0: no limit.");

  static final List<Setting<?>> ALL =
      List.of(
          STREAMS,
          UNIT,
          READ_DEADLINE,
          BACKGROUND,
          BACKGROUND_DELAY,
          BACKGROUND_STREAMS,
          BACKGROUND_BANDWIDTH,
          BACKGROUND_REQUESTS);

  private FetchSettings() {}
}
