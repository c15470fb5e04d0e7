package dev.lazuli.registry.http;

import static java.util.Objects.requireNonNull;

import dev.lazuli.registry.model.Text;
import dev.lazuli.registry.model.TlsSettings;
import java.net.URI;
import java.util.Locale;

/**
 * One server as connections are pooled by.
 *
 * @param tls whether it is reached over TLS
 * @param host name or address, small letters, an IPv6 address without brackets
 * @param port TCP port
 * @param settings how TLS is set up, here or where a server of plain HTTP redirects to
 */
public record Origin(boolean tls, String host, int port, TlsSettings settings) {
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
    if (!(tls || scheme.equals("http")) || url.getHost() == null) {
      throw new IllegalArgumentException(
          "not an http or https URL with a host: " + Text.quote(url.toString()));
    }
    int port = url.getPort() > 0 ? url.getPort() : tls ? 443 : 80;
    return new Origin(tls, bare(url.getHost()), port, settings);
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
