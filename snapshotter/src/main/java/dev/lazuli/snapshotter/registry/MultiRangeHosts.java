package dev.lazuli.snapshotter.registry;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;

/**
 * Which hosts send only one range at a time: learned from their first answer to several, and tried
 * again after an hour.
 */
final class MultiRangeHosts {
  /** 100 ranges make a header of at most 4 KiB, within every server's limits. */
  static final int MAX_RANGES = 100;

  private final Cache<Origin, Boolean> unable =
      Caffeine.newBuilder().maximumSize(1000).expireAfterWrite(Duration.ofHours(1)).build();

  boolean mayDo(RegistryHost host) {
    return unable.getIfPresent(host.origin()) == null;
  }

  void cannot(RegistryHost host) {
    unable.put(host.origin(), true);
  }
}
