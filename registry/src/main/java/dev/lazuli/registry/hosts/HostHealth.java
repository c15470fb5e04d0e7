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

  /** 5 s: a host that answers at all has answered by then, as a rule. */
  private static final long LONG_WAIT_NANOS = 5_000_000_000L;

  private final LongSupplier nanoTime;
  private final Cache<Origin, Boolean> shunned;

  /** Makes a record in which every host is well. */
  public HostHealth(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
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

  /** Returns the time for {@link #givenUp}. */
  long now() {
    return nanoTime.getAsLong();
  }

  /**
   * Whoever asked a host no longer waits for its answer. That counts as none if it had long enough:
   * users who lose their patience before our timeouts end would otherwise ask the same host again.
   *
   * @param asked when
   */
  void givenUp(RegistryHost host, long asked) {
    if (now() - asked >= LONG_WAIT_NANOS) {
      shunned.put(host.origin(), true);
    }
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
