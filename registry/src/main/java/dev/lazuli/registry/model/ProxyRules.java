package dev.lazuli.registry.model;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which proxy leads to which server. The first rule that applies decides:
 *
 * <ol>
 *   <li>loopback addresses and {@code localhost} are reached directly, as Go and containerd have
 *       it;
 *   <li>so are servers that {@code no_proxy} lists;
 *   <li>others are reached through {@code https_proxy} if they speak TLS, and through {@code
 *       http_proxy} if not; directly if that is not set.
 * </ol>
 *
 * <p>A variable in small letters goes before the same in capitals.
 */
public final class ProxyRules {
  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|127(?:\\.[0-9]{1,3}){3}|\\[?::1\\]?");

  private final @Nullable URI http;
  private final @Nullable URI https;
  private final List<String> direct;

  private ProxyRules(@Nullable URI http, @Nullable URI https, List<String> direct) {
    this.http = http;
    this.https = https;
    this.direct = List.copyOf(direct);
  }

  /** No proxy for anything. */
  public static ProxyRules none() {
    return new ProxyRules(null, null, List.of());
  }

  /**
   * Reads the rules from environment variables.
   *
   * @throws IllegalArgumentException if a proxy's address is not a URL of an HTTP proxy
   */
  public static ProxyRules of(Map<String, String> environment) {
    return new ProxyRules(
        proxy(value(environment, "http_proxy")),
        proxy(value(environment, "https_proxy")),
        split(value(environment, "no_proxy")));
  }

  /**
   * Returns the proxy on the way to a server.
   *
   * @param tls whether the server is reached over TLS
   */
  public Optional<URI> find(String host, int port, boolean tls) {
    URI proxy = tls ? https : http;
    if (proxy == null || LOOPBACK.matcher(host).matches()) {
      return Optional.empty();
    }
    String name = host.toLowerCase(Locale.ROOT);
    return direct.stream().anyMatch(rule -> matches(rule, name, port))
        ? Optional.empty()
        : Optional.of(proxy);
  }

  private static boolean matches(String rule, String host, int port) {
    if (rule.equals("*")) {
      return true;
    }
    if (rule.indexOf('/') > 0) {
      return AddressBlock.parse(rule).map(block -> block.contains(host)).orElse(false);
    }
    String name = rule;
    int colon = rule.lastIndexOf(':');
    if (colon > 0 && rule.indexOf(':') == colon) {
      if (!rule.substring(colon + 1).equals(Integer.toString(port))) {
        return false;
      }
      name = rule.substring(0, colon);
    }
    String suffix = name.startsWith("*.") ? name.substring(1) : name;
    return suffix.startsWith(".")
        ? host.endsWith(suffix)
        : host.equals(suffix) || host.endsWith("." + suffix);
  }

  private static @Nullable URI proxy(String text) {
    if (text.isEmpty()) {
      return null;
    }
    URI uri = URI.create(text.contains("://") ? text : "http://" + text);
    if (!"http".equals(uri.getScheme()) || uri.getHost() == null) {
      throw new IllegalArgumentException("not the URL of an HTTP proxy: " + uri.getHost());
    }
    return uri;
  }

  private static String value(Map<String, String> environment, String name) {
    String small = environment.getOrDefault(name, "");
    return small.isEmpty()
        ? environment.getOrDefault(name.toUpperCase(Locale.ROOT), "").strip()
        : small.strip();
  }

  private static List<String> split(String text) {
    var rules = new ArrayList<String>();
    for (String rule : text.split("[,\\s]+", -1)) {
      if (!rule.isEmpty()) {
        rules.add(rule.toLowerCase(Locale.ROOT));
      }
    }
    return rules;
  }
}
