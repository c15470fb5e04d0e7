package dev.lazuli.registry;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import org.jspecify.annotations.Nullable;

/** A self-signed certificate with its key, as PEM files and as a TLS server. */
final class TestCertificate {
  final Path certificate;
  final Path key;
  private final X509Bundle bundle;

  /**
   * Makes a certificate.
   *
   * @param names adds the names that it is good for
   */
  TestCertificate(Path folder, String name, UnaryOperator<CertificateBuilder> names)
      throws Exception {
    bundle =
        names
            .apply(
                new CertificateBuilder()
                    .ecp256()
                    .setIsCertificateAuthority(true)
                    .subject("CN=" + name))
            .buildSelfSigned();
    certificate = folder.resolve(name + ".cert.pem");
    key = folder.resolve(name + ".key.pem");
    Files.writeString(certificate, bundle.getCertificatePEM());
    Files.writeString(key, bundle.getPrivateKeyPEM());
  }

  /** Listens with this certificate; asks for {@code client}'s where one is given. */
  ServerSocket listen(@Nullable TestCertificate client)
      throws GeneralSecurityException, IOException {
    var context = SSLContext.getInstance("TLS");
    context.init(
        bundle.toKeyManagerFactory().getKeyManagers(),
        client == null ? null : client.bundle.toTrustManagerFactory().getTrustManagers(),
        null);
    var server =
        (SSLServerSocket)
            context
                .getServerSocketFactory()
                .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    server.setNeedClientAuth(client != null);
    return server;
  }
}
