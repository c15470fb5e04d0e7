package dev.lazuli.testimages.registry;

import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.pkitesting.X509Bundle;
import java.util.Optional;
import javax.net.ssl.SSLException;

/**
 * How a registry speaks TLS.
 *
 * @param identity its key and certificate
 * @param clientAuthority whose certificates clients must show; empty if they need none
 */
public record ServerTls(X509Bundle identity, Optional<TestCa> clientAuthority) {
  /** Returns TLS with a fresh certificate of {@code authority}, open to every client. */
  public static ServerTls of(TestCa authority) {
    return new ServerTls(authority.issue("test-registry"), Optional.empty());
  }

  /** Returns the same with a certificate of {@code authority} demanded of clients. */
  public ServerTls demandingCertificatesOf(TestCa authority) {
    return new ServerTls(identity, Optional.of(authority));
  }

  /**
   * Returns the context for a server.
   *
   * @throws SSLException if the key or a certificate cannot be used
   */
  public SslContext context() throws SSLException {
    var builder =
        SslContextBuilder.forServer(identity.getKeyPair().getPrivate(), identity.getCertificate())
            .sslProvider(SslProvider.JDK);
    clientAuthority.ifPresent(
        authority -> builder.trustManager(authority.certificate()).clientAuth(ClientAuth.REQUIRE));
    return builder.build();
  }
}
