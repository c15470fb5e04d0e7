package dev.lazuli.registry.http;

import dev.lazuli.registry.model.Credentials;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP proxy.
 *
 * @param address its address, resolved
 * @param credentials the user it wants, or null
 */
record Proxy(InetSocketAddress address, @Nullable Credentials credentials) {
  private static final int DEFAULT_PORT = 80;

  /** Looks the proxy up; blocks. */
  static Proxy of(URI url) throws IOException {
    int port = url.getPort() > 0 ? url.getPort() : DEFAULT_PORT;
    var address = new InetSocketAddress(url.getHost(), port);
    if (address.isUnresolved()) {
      throw new IOException("unknown proxy host " + url.getHost());
    }
    return new Proxy(address, credentials(url).orElse(null));
  }

  /**
   * Returns whether the proxy's name still leads to the address; where that cannot be told, it
   * does. Blocks.
   */
  boolean isCurrent(NameLookup names) {
    try {
      return List.of(names.all(address.getHostString())).contains(address.getAddress());
    } catch (UnknownHostException e) {
      return true;
    }
  }

  /** Looks names up, such as {@link InetAddress#getAllByName}. */
  @FunctionalInterface
  interface NameLookup {
    InetAddress[] all(String name) throws UnknownHostException;
  }

  /** Returns the user and password of {@code http://user:password@proxy}. */
  static Optional<Credentials> credentials(URI url) {
    String info = url.getUserInfo();
    if (info == null) {
      return Optional.empty();
    }
    int colon = info.indexOf(':');
    return Optional.of(
        colon < 0
            ? Credentials.password(info, "")
            : Credentials.password(info.substring(0, colon), info.substring(colon + 1)));
  }
}
