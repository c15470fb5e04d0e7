package dev.lazuli.registry.hosts;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.lazuli.registry.http.Origin;
import java.time.Duration;

/**
 * Which hosts do not know a kind of range: learned from their first answer to one, and tried again
 * after an hour.
 */
public final class UnableHosts {
  private final Cache<Origin, Boolean> unable =
      Caffeine.newBuilder().maximumSize(1000).expireAfterWrite(Duration.ofHours(1)).build();

  /** Returns whether a host may be asked for it. */
  public boolean mayDo(RegistryHost host) {
    return unable.getIfPresent(host.origin()) == null;
  }

  /** Notes that a host does not send it. */
  public void cannot(RegistryHost host) {
    unable.put(host.origin(), true);
  }
}
