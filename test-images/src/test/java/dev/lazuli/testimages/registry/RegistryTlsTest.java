package dev.lazuli.testimages.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.registry.BlobContent;
import dev.lazuli.demo.registry.RegistryDemands;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.http.HttpClient;
import java.security.KeyStore;
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

final class RegistryTlsTest {
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
    registry = TestRegistry.start(RegistryDemands.OPEN.withTls(ServerTls.of(ca).context()));
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
            RegistryDemands.OPEN
                .withTls(ServerTls.of(ca).context())
                .withRedirects(Duration.ofMinutes(1)));
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
    registry = TestRegistry.start(RegistryDemands.OPEN.withTls(ServerTls.of(ca).context()));

    try (var client = client(TestCa.create("Other CA"), null)) {
      assertThatThrownBy(() -> client.get("/v2/")).isInstanceOf(SSLHandshakeException.class);
    }
  }

  @Test
  void expiredCertificate_isRefused() throws Exception {
    var old = ca.issue("old", Instant.now().minus(Duration.ofDays(1)));
    registry =
        TestRegistry.start(
            RegistryDemands.OPEN.withTls(new ServerTls(old, Optional.empty()).context()));

    try (var client = client(ca, null)) {
      assertThatThrownBy(() -> client.get("/v2/")).isInstanceOf(SSLHandshakeException.class);
    }
  }

  @Test
  void clientCertificate_isDemanded() throws Exception {
    var tls = ServerTls.of(ca).demandingCertificatesOf(ca);
    registry = TestRegistry.start(RegistryDemands.OPEN.withTls(tls.context()));

    try (var known = client(ca, ca.issue("a client"));
        var stranger = client(ca, TestCa.create("Other CA").issue("a stranger"));
        var nobody = client(ca, null)) {
      assertThat(known.get("/v2/").statusCode()).isEqualTo(200);
      assertThatThrownBy(() -> stranger.get("/v2/")).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> nobody.get("/v2/")).isInstanceOf(IOException.class);
    }
  }

  private TestClient client(TestCa trusted, @Nullable X509Bundle identity) throws Exception {
    var trust = KeyStore.getInstance("PKCS12");
    trust.load(null, null);
    trust.setCertificateEntry("ca", trusted.certificate());
    var trustManagers = TrustManagerFactory.getInstance("PKIX");
    trustManagers.init(trust);
    var keys = KeyStore.getInstance("PKCS12");
    keys.load(null, null);
    if (identity != null) {
      keys.setKeyEntry(
          "me", identity.getKeyPair().getPrivate(), NO_PASSWORD, identity.getCertificatePath());
    }
    var keyManagers = KeyManagerFactory.getInstance("PKIX");
    keyManagers.init(keys, NO_PASSWORD);
    var context = SSLContext.getInstance("TLS");
    context.init(keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), null);
    return new TestClient(
        HttpClient.newBuilder().sslContext(context), "https://" + registry.host());
  }
}
