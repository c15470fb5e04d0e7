package dev.lazuli.registry;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.lazuli.registry.http.Origin;
import io.netty.handler.codec.http.HttpMethod;
import java.net.URI;
import java.time.Duration;
import java.util.HexFormat;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where registries have sent us for their blobs. A target is used until it fails, for asking the
 * registry again costs a round trip for every range.
 */
final class Redirects {
  /** How long a Location may be: as long as servers take URLs to be, and twice what stores sign. */
  static final int MAX_LOCATION = 8 << 10;

  /** About 2000 signed URLs. */
  private static final long MAX_BYTES = 4 << 20;

  /** What an entry takes beside its texts. */
  private static final int ENTRY_BYTES = 400;

  private static final Duration REST = Duration.ofHours(1);

  private final Cache<Place, Target> targets =
      Caffeine.newBuilder()
          .maximumWeight(MAX_BYTES)
          .weigher(Redirects::bytes)
          .expireAfterAccess(REST)
          .build();

  private static int bytes(Place place, Target target) {
    return ENTRY_BYTES + place.target().length() + target.target().length();
  }

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
    /** What stands in a URL as it is, beside letters and digits. */
    private static final String PLAIN = "-._~!$&'()*+,;=:@/?";

    private static final Pattern SERVER = Pattern.compile("(?:[A-Za-z][A-Za-z0-9+.-]*:)?//[^/?#]*");

    /**
     * Returns the target of a Location header.
     *
     * @throws IllegalArgumentException if it is not an http or https URL
     */
    static Target of(String location, Origin from, String fromTarget) {
      URI url = URI.create(from.url() + fromTarget).resolve(escaped(location.strip()));
      Origin origin = Origin.of(url, from.settings());
      if (!origin.host().equals(from.host())) {
        origin = Origin.of(url, from.settings().forOtherHost());
      }
      String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
      return new Target(origin, url.getRawQuery() == null ? path : path + "?" + url.getRawQuery());
    }

    /** Escapes what some servers write as it is, such as blanks, and {@link URI} refuses. */
    private static String escaped(String location) {
      var server = SERVER.matcher(location);
      int from = server.lookingAt() ? server.end() : 0;
      int fragment = location.indexOf('#', from);
      int end = fragment < 0 ? location.length() : fragment;
      var url = new StringBuilder(location.substring(0, from));
      for (int i = from; i < end; i++) {
        char c = location.charAt(i); // A byte: headers are read as ISO 8859-1.
        boolean isPlain = c == '%' ? isEscape(location, i) : isPlain(c);
        url.append(isPlain ? String.valueOf(c) : "%%%02X".formatted(c & 0xff));
      }
      return url.toString();
    }

    private static boolean isPlain(char c) {
      return c < 0x80 && (Character.isLetterOrDigit(c) || PLAIN.indexOf(c) >= 0);
    }

    private static boolean isEscape(String text, int at) {
      return at + 2 < text.length()
          && HexFormat.isHexDigit(text.charAt(at + 1))
          && HexFormat.isHexDigit(text.charAt(at + 2));
    }
  }
}
