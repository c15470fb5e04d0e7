package dev.lazuli.snapshotter.fetch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.snapshotter.fetch.plan.LinkEstimate;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What layers have learnt of their registries, for the layers that come next: one may be in the
 * same rack, another beyond an ocean. A registry that nothing is known of starts afresh.
 * Thread-safe.
 */
final class RegistryLinks {
  private static final int MOST = 100;

  private final LinkEstimate unknown;

  @GuardedBy("this")
  private final Map<String, LinkEstimate> last =
      new LinkedHashMap<>(16, 0.75f, /* accessOrder= */ true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, LinkEstimate> eldest) {
          return size() > MOST;
        }
      };

  /**
   * Knows nothing yet.
   *
   * @param unknown an estimate of a registry of which nothing is known
   */
  RegistryLinks(LinkEstimate unknown) {
    this.unknown = unknown;
  }

  /** Returns an estimate for one more layer of a registry. */
  synchronized LinkEstimate of(String registry) {
    return last.getOrDefault(registry, unknown).successor();
  }

  /** A layer has learnt something; the latest counts. */
  synchronized void learnt(String registry, LinkEstimate link) {
    last.put(registry, link);
  }
}
