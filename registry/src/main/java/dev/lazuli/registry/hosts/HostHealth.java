package dev.lazuli.registry.hosts;

import dev.lazuli.registry.http.Origin;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * Which hosts did not answer lately, or not to the end. They are asked after the others for a
 * while, so that a dead mirror costs one connect timeout and not one for every request.
 */
public final class HostHealth {
  private static final Duration SHUNNED = Duration.ofSeconds(30);

  private final Map<Origin, Long> shunnedUntil = new ConcurrentHashMap<>();
  private final LongSupplier nanoTime;

  public HostHealth(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Returns the hosts in their order, those lately without an answer behind the others. */
  List<RegistryHost> order(List<RegistryHost> hosts) {
    var first = new ArrayList<RegistryHost>(hosts.size());
    var last = new ArrayList<RegistryHost>();
    for (RegistryHost host : hosts) {
      (isShunned(host) ? last : first).add(host);
    }
    first.addAll(last);
    return first;
  }

  void succeeded(RegistryHost host) {
    shunnedUntil.remove(host.origin());
  }

  void failed(RegistryHost host, IOException failure) {
    if (!(failure instanceof HostFailure)) {
      shunnedUntil.put(host.origin(), nanoTime.getAsLong() + SHUNNED.toNanos());
    }
  }

  private boolean isShunned(RegistryHost host) {
    Long until = shunnedUntil.get(host.origin());
    return until != null && until - nanoTime.getAsLong() > 0;
  }
}
