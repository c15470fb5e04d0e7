package dev.lazuli.demo.registry;

import io.netty.handler.ssl.SslContext;
import java.time.Duration;
import java.util.Optional;

/**
 * What a registry demands of its clients. Immutable.
 *
 * @param access who may do what
 * @param tls how TLS is spoken; empty for plain HTTP
 * @param tlsOfStore whether only the second origin has TLS, and the registry itself is plain HTTP
 * @param redirects how long the address of a blob at the second origin is good; empty to send blobs
 *     directly
 */
public record RegistryDemands(
    Access access, Optional<SslContext> tls, boolean tlsOfStore, Optional<Duration> redirects) {
  /** Plain HTTP for everybody. */
  public static final RegistryDemands OPEN =
      new RegistryDemands(new Access.Anonymous(), Optional.empty(), false, Optional.empty());

  /** Who may do what. */
  public sealed interface Access {
    /** Everybody may do everything. */
    record Anonymous() implements Access {}

    /** Who knows the password may do everything. */
    record Basic(String user, String password) implements Access {}

    /**
     * A token for each repository, from the registry's own token service. Who knows the password
     * gets every scope; others may pull what lies outside {@code private/}.
     *
     * @param user for the token service, by Basic authentication
     * @param password of the user
     * @param lifetime of a token
     */
    record Bearer(String user, String password, Duration lifetime) implements Access {}
  }

  /** Returns the same options with another rule of access. */
  public RegistryDemands withAccess(Access rule) {
    return new RegistryDemands(rule, tls, tlsOfStore, redirects);
  }

  /** Returns the same options with TLS. */
  public RegistryDemands withTls(SslContext context) {
    return new RegistryDemands(access, Optional.of(context), tlsOfStore, redirects);
  }

  /**
   * Returns the same options with the registry itself on plain HTTP and TLS where blobs are
   * redirected to: for clients that speak no TLS to this machine's registries.
   */
  public RegistryDemands withTlsOfStoreOnly(SslContext context) {
    return new RegistryDemands(access, Optional.of(context), true, redirects);
  }

  /**
   * Returns the same options with GET requests of blobs redirected to a second origin.
   *
   * @param lifetime after which an address there is answered with 403
   */
  public RegistryDemands withRedirects(Duration lifetime) {
    return new RegistryDemands(access, tls, tlsOfStore, Optional.of(lifetime));
  }
}
