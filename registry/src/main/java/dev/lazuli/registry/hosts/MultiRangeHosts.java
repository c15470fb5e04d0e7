package dev.lazuli.registry.hosts;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.lazuli.registry.http.Origin;
import java.time.Duration;

/**
 * Which hosts send only one range at a time: learned from their first answer to several, and tried
 * again after an hour.
 */
public final class MultiRangeHosts {
  /** 100 ranges make a header of at most 4 KiB, within every server's limits. */
  public static final int MAX_RANGES = 100;

  private final Cache<Origin, Boolean> unable =
      Caffeine.newBuilder().maximumSize(1000).expireAfterWrite(Duration.ofHours(1)).build();

  /** Returns whether a host may be asked for several ranges at once. */
  public boolean mayDo(RegistryHost host) {
    return unable.getIfPresent(host.origin()) == null;
  }

  /** Notes that a host does not send several ranges at once. */
  public void cannot(RegistryHost host) {
    unable.put(host.origin(), true);
  }
}
