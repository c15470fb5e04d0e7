package dev.lazuli.registry.http;

import static java.util.Objects.requireNonNull;

import dev.lazuli.registry.model.Text;
import dev.lazuli.registry.model.TlsSettings;
import java.net.URI;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One server as connections are pooled by.
 *
 * @param tls whether it is reached over TLS
 * @param host name or address, small letters, an IPv6 address without brackets
 * @param port TCP port
 * @param settings how TLS is set up, here or where a server of plain HTTP redirects to
 */
public record Origin(boolean tls, String host, int port, TlsSettings settings) {
  /** A server whose name {@link URI} takes for none, as it does if there is an underscore. */
  private static final Pattern NAMED =
      Pattern.compile("(?:[^@]*@)?(?<host>[A-Za-z0-9._-]+)(?::(?<port>[0-9]{1,5}))?");

  /** Checks that host and port can be a server's. */
  public Origin {
    requireNonNull(settings);
    if (host.isEmpty() || port < 1 || port > 65535) {
      throw new IllegalArgumentException("not a server: " + Text.quote(host) + " port " + port);
    }
  }

  /**
   * Returns the server of a URL.
   *
   * @throws IllegalArgumentException if it is not an http or https URL with a host
   */
  public static Origin of(URI url, TlsSettings settings) {
    String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
    boolean tls = scheme.equals("https");
    var named = NAMED.matcher(url.getRawAuthority() == null ? "" : url.getRawAuthority());
    boolean isNamed = url.getHost() == null && named.matches();
    if (!(tls || scheme.equals("http")) || (url.getHost() == null && !isNamed)) {
      throw new IllegalArgumentException(
          "not an http or https URL with a host: " + Text.quote(url.toString()));
    }
    String host = isNamed ? named.group("host") : url.getHost();
    int port = isNamed ? number(named.group("port")) : url.getPort();
    return new Origin(tls, bare(host), port > 0 ? port : tls ? 443 : 80, settings);
  }

  private static int number(@Nullable String port) {
    return port == null ? -1 : Integer.parseInt(port);
  }

  /** Returns the same server with other settings of TLS. */
  public Origin with(TlsSettings other) {
    return new Origin(tls, host, port, other);
  }

  /** Returns whether {@code other} is the same server by scheme, host and port. */
  public boolean sameServer(Origin other) {
    return tls == other.tls && port == other.port && host.equals(other.host);
  }

  /** Returns {@code host}, with {@code :port} where it is not the scheme's own. */
  public String authority() {
    String name = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    return port == (tls ? 443 : 80) ? name : name + ":" + port;
  }

  /** Returns {@code scheme://authority}. */
  public String url() {
    return (tls ? "https://" : "http://") + authority();
  }

  private static String bare(String host) {
    String name = host.toLowerCase(Locale.ROOT);
    return name.startsWith("[") ? name.substring(1, name.length() - 1) : name;
  }
}
