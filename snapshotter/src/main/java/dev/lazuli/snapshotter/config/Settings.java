package dev.lazuli.snapshotter.config;

import java.util.List;
import java.util.stream.Stream;

/**
 * All keys of the configuration file, in the order in which they are documented. A key exists once,
 * in the group of its table. Reading, checking, the default file and the documentation's test all
 * go by this list.
 */
final class Settings {
  private static final List<Setting<?>> ALL =
      Stream.of(
              NodeSettings.ALL,
              RegistrySettings.ALL,
              FetchSettings.ALL,
              CacheSettings.ALL,
              MountSettings.ALL,
              PrefetchSettings.ALL,
              TrustSettings.ALL,
              ReportSettings.ALL,
              BulkSettings.ALL,
              StoreSettings.ALL,
              IndexSettings.ALL)
          .<Setting<?>>flatMap(List::stream)
          .toList();

  private Settings() {}

  /** Returns every setting, tables together and in order. */
  static List<Setting<?>> all() {
    return ALL;
  }
}
