package dev.lazuli.registry;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.lazuli.registry.http.Origin;
import io.netty.handler.codec.http.HttpMethod;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where registries have sent us for their blobs. A target is used until it fails, for asking the
 * registry again costs a round trip for every range.
 */
final class Redirects {
  private static final int MAX_TARGETS = 10_000;
  private static final Duration REST = Duration.ofHours(1);

  private final Cache<Place, Target> targets =
      Caffeine.newBuilder().maximumSize(MAX_TARGETS).expireAfterAccess(REST).build();

  @Nullable Target find(Place place) {
    return targets.getIfPresent(place);
  }

  void remember(Place place, Target target) {
    targets.put(place, target);
  }

  /** Forgets a target that failed, unless there is a newer one. */
  void forget(Place place, Target failed) {
    targets.asMap().remove(place, failed);
  }

  void forget(Place place) {
    targets.invalidate(place);
  }

  /** What was asked for at the registry. */
  record Place(HttpMethod method, Origin origin, String target) {}

  /** Where it is; {@code target} may carry a signature and must not appear in messages. */
  record Target(Origin origin, String target) {
    /**
     * Returns the target of a Location header.
     *
     * @throws IllegalArgumentException if it is not an http or https URL
     */
    static Target of(String location, Origin from, String fromTarget) {
      URI url = URI.create(from.url() + fromTarget).resolve(location.strip());
      Origin origin = Origin.of(url, from.settings());
      if (!origin.host().equals(from.host())) {
        origin = Origin.of(url, from.settings().forOtherHost());
      }
      String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
      return new Target(origin, url.getRawQuery() == null ? path : path + "?" + url.getRawQuery());
    }
  }
}
