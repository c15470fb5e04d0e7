package dev.lazuli.testimages.registry;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.testimages.images.FileContent;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpClient;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class TlsTest {
  private static final String DIGEST = "sha256:" + "b".repeat(64);
  private static final char[] NO_PASSWORD = {};

  private final TestCa ca = TestCa.create("Test CA");

  @SuppressWarnings("NullAway.Init") // each test starts its own
  private TestRegistry registry;

  @AfterEach
  void stop() throws Exception {
    registry.close();
  }

  @Test
  void clientThatTrustsTheAuthority_readsEverything() throws Exception {
    var content = FileContent.generated(5_000_000, 1);
    registry = TestRegistry.start(RegistryDemands.OPEN.withTls(ServerTls.of(ca)));
    registry.serveBlob(DIGEST, BlobContent.of(content));

    try (var client = client(ca, null)) {
      assertThat(client.get("/v2/a/blobs/" + DIGEST).body())
          .isEqualTo(content.open().readAllBytes());
    }
    assertThat(registry.counters().blob(DIGEST).bodyBytes()).isEqualTo(5_000_000);
  }

  @Test
  void redirects_leadToTlsToo() throws Exception {
    registry =
        TestRegistry.start(
            RegistryDemands.OPEN.withTls(ServerTls.of(ca)).withRedirects(Duration.ofMinutes(1)));
    registry.serveBlob(DIGEST, BlobContent.of(FileContent.generated(10, 1)));

    try (var client = client(ca, null)) {
      var redirect = client.get("/v2/a/blobs/" + DIGEST);
      var location = redirect.headers().firstValue("location").orElseThrow();
      assertThat(location).startsWith("https://");
      assertThat(client.get(location).body()).hasSize(10);
    }
  }

  @Test
  void clientOfAnotherAuthority_refuses() throws Exception {
    registry = TestRegistry.start(RegistryDemands.OPEN.withTls(ServerTls.of(ca)));

    try (var client = client(TestCa.create("Other CA"), null)) {
      assertThatThrownBy(() -> client.get("/v2/")).isInstanceOf(SSLHandshakeException.class);
    }
  }

  @Test
  void expiredCertificate_isRefused() throws Exception {
    var old = ca.issue("old", Instant.now().minus(Duration.ofDays(1)));
    registry =
        TestRegistry.start(RegistryDemands.OPEN.withTls(new ServerTls(old, Optional.empty())));

    try (var client = client(ca, null)) {
      assertThatThrownBy(() -> client.get("/v2/")).isInstanceOf(SSLHandshakeException.class);
    }
  }

  @Test
  void clientCertificate_isDemanded() throws Exception {
    var tls = ServerTls.of(ca).demandingCertificatesOf(ca);
    registry = TestRegistry.start(RegistryDemands.OPEN.withTls(tls));

    try (var known = client(ca, ca.issue("a client"));
        var stranger = client(ca, TestCa.create("Other CA").issue("a stranger"));
        var nobody = client(ca, null)) {
      assertThat(known.get("/v2/").statusCode()).isEqualTo(200);
      assertThatThrownBy(() -> stranger.get("/v2/")).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> nobody.get("/v2/")).isInstanceOf(IOException.class);
    }
  }

  @Test
  void pem_isReadBack() throws Exception {
    registry = TestRegistry.start();
    var identity = ca.issue("x");

    var certificate =
        (X509Certificate)
            CertificateFactory.getInstance("X.509")
                .generateCertificate(
                    new ByteArrayInputStream(identity.certificatePem().getBytes(US_ASCII)));

    certificate.verify(ca.certificate().getPublicKey());
    assertThat(certificate.getSubjectX500Principal().getName()).isEqualTo("CN=x");
    assertThat(certificate.getIssuerX500Principal())
        .isEqualTo(ca.certificate().getSubjectX500Principal());
    assertThat(ca.certificate().getBasicConstraints()).isNotEqualTo(-1);
    assertThat(certificate.getBasicConstraints()).isEqualTo(-1);
    assertThat(identity.keyPem()).startsWith("-----BEGIN PRIVATE KEY-----\n");
  }

  private TestClient client(TestCa trusted, @Nullable KeyWithCertificate identity)
      throws Exception {
    var trust = KeyStore.getInstance("PKCS12");
    trust.load(null, null);
    trust.setCertificateEntry("ca", trusted.certificate());
    var trustManagers = TrustManagerFactory.getInstance("PKIX");
    trustManagers.init(trust);
    var keys = KeyStore.getInstance("PKCS12");
    keys.load(null, null);
    if (identity != null) {
      keys.setKeyEntry(
          "me", identity.key(), NO_PASSWORD, new X509Certificate[] {identity.certificate()});
    }
    var keyManagers = KeyManagerFactory.getInstance("PKIX");
    keyManagers.init(keys, NO_PASSWORD);
    var context = SSLContext.getInstance("TLS");
    context.init(keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), null);
    return new TestClient(
        HttpClient.newBuilder().sslContext(context), "https://" + registry.host());
  }
}
