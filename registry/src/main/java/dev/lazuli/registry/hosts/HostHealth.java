package dev.lazuli.registry.hosts;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.lazuli.registry.http.Origin;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Which hosts did not answer lately, or not to the end. They are asked after the others for a
 * while, so that a dead mirror costs one connect timeout and not one for every request.
 */
public final class HostHealth {
  private static final Duration SHUNNED = Duration.ofSeconds(30);
  private static final int MAX_HOSTS = 10_000;

  private final Cache<Origin, Boolean> shunned;

  /** Makes a record in which every host is well. */
  public HostHealth(LongSupplier nanoTime) {
    this.shunned =
        Caffeine.newBuilder()
            .ticker(nanoTime::getAsLong)
            .expireAfterWrite(SHUNNED)
            .maximumSize(MAX_HOSTS)
            .build();
  }

  /** Returns the hosts in their order, but those that did not answer lately last. */
  List<RegistryHost> order(List<RegistryHost> hosts) {
    var first = new ArrayList<RegistryHost>(hosts.size());
    var last = new ArrayList<RegistryHost>();
    for (RegistryHost host : hosts) {
      (shunned.getIfPresent(host.origin()) == null ? first : last).add(host);
    }
    first.addAll(last);
    return first;
  }

  void succeeded(RegistryHost host) {
    shunned.invalidate(host.origin());
  }

  void failed(RegistryHost host, IOException failure) {
    if (!(failure instanceof HostFailure)) {
      shunned.put(host.origin(), true);
    }
  }
}
