package dev.lazuli.registry;

import static dev.lazuli.registry.ClientRig.bytes;
import static dev.lazuli.registry.ClientRig.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.model.Credentials;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.ProxyRules;
import dev.lazuli.registry.model.RegistryException;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class TlsTest {
  private static final byte[] BLOB = bytes(3_000_000);

  @TempDir static Path folder;
  private static TestCertificate own;
  private static TestCertificate elsewhere;
  private static TestCertificate client;

  @BeforeAll
  static void makeCertificates() throws Exception {
    own = new TestCertificate(folder, "own", names -> names.addSanIpAddress("127.0.0.1"));
    elsewhere =
        new TestCertificate(folder, "elsewhere", names -> names.addSanDnsName("elsewhere.example"));
    client = new TestCertificate(folder, "client", names -> names.addSanDnsName("client.example"));
  }

  private static ScriptedServer server(ServerSocket socket) {
    return new ScriptedServer(socket, (request, reply) -> reply.range(request, BLOB));
  }

  /** A client that is told by hosts.toml how to speak to the server. */
  private static ClientRig rig(ScriptedServer server, String settings) throws IOException {
    return rig(server, settings, Optional.empty());
  }

  private static ClientRig rig(
      ScriptedServer server, String settings, Optional<Credentials> credentials)
      throws IOException {
    Path own = Files.createDirectories(folder.resolve("certs.d").resolve(server.host()));
    Files.writeString(
        own.resolve("hosts.toml"), "server = 'https://" + server.host() + "'\n" + settings + "\n");
    return new ClientRig(
        o ->
            o.attempts(1)
                .hostsDirectory(folder.resolve("certs.d"))
                .credentials((host, reference) -> credentials));
  }

  @Test
  void certificate_of_a_configured_authority_is_trusted() throws Exception {
    try (var server = server(own.listen(null));
        var rig = rig(server, "ca = '" + own.certificate + "'")) {
      for (int i = 0; i < 3; i++) {
        assertThat(read(rig.blob(server, BLOB), 0, BLOB.length)).isEqualTo(BLOB);
      }
      assertThat(server.connections).hasValue(1);
    }
  }

  @Test
  void unknown_certificate_is_refused() throws Exception {
    try (var server = server(own.listen(null));
        var rig = rig(server, "")) {
      assertThatThrownBy(() -> read(rig.blob(server, BLOB), 0, 10))
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining("TLS failed: the certificate is signed by an authority")
          .hasMessageContaining("registry.ca_files")
          .hasMessageNotContaining("PKIX");
    }
  }

  @Test
  void certificate_of_another_host_is_refused() throws Exception {
    try (var server = server(elsewhere.listen(null));
        var rig = rig(server, "ca = '" + elsewhere.certificate + "'")) {
      assertThatThrownBy(() -> read(rig.blob(server, BLOB), 0, 10))
          .hasMessageContaining("TLS failed");
    }
  }

  @Test
  void verification_can_be_switched_off() throws Exception {
    try (var server = server(elsewhere.listen(null));
        var rig = rig(server, "skip_verify = true")) {
      assertThat(read(rig.blob(server, BLOB), 0, 10)).hasSize(10);
    }
  }

  @Test
  void client_certificate_is_shown() throws Exception {
    String pair = "client = [['" + client.certificate + "', '" + client.key + "']]\n";
    try (var server = server(own.listen(client));
        var rig = rig(server, pair + "ca = '" + own.certificate + "'")) {
      assertThat(read(rig.blob(server, BLOB), 0, BLOB.length)).isEqualTo(BLOB);
    }
  }

  @Test
  void server_that_wants_a_client_certificate_in_vain_is_an_error() throws Exception {
    try (var server = server(own.listen(client));
        var rig = rig(server, "ca = '" + own.certificate + "'")) {
      assertThatThrownBy(() -> read(rig.blob(server, BLOB), 0, 10))
          .isInstanceOf(RegistryException.class);
    }
  }

  @Test
  void missing_certificate_file_is_an_error_that_names_it() throws Exception {
    try (var server = server(own.listen(null));
        var rig = rig(server, "ca = 'missing.pem'")) {
      assertThatThrownBy(() -> read(rig.blob(server, BLOB), 0, 10))
          .hasMessageContaining("missing.pem, named by hosts.toml or registry.ca_files");
    }
  }

  @Test
  void configured_authority_is_trusted_where_a_plain_http_server_redirects_to() throws Exception {
    try (var store = server(own.listen(null));
        var registry =
            new ScriptedServer(
                (request, reply) ->
                    reply.send(307, "", "Location: https://" + store.host() + "/data"));
        var rig = new ClientRig(o -> o.attempts(1).caCertificate(own.certificate))) {
      assertThat(read(rig.blob(registry, BLOB), 0, BLOB.length)).isEqualTo(BLOB);
    }
  }

  @Test
  void redirect_to_plain_http_is_refused_for_a_tag_and_followed_for_what_has_a_digest()
      throws Exception {
    try (var store = new ScriptedServer((request, reply) -> reply.range(request, BLOB));
        var registry =
            new ScriptedServer(
                own.listen(null),
                (request, reply) ->
                    reply.send(307, "", "Location: http://" + store.host() + "/data"));
        var rig = rig(registry, "ca = '" + own.certificate + "'")) {
      var tag = ImageReference.parse(registry.host() + "/some/image:1");

      assertThatThrownBy(() -> rig.client.resolve(tag))
          .hasMessageContaining("redirect of a tag from https to plain http");

      assertThat(store.requests).isEmpty();
      assertThat(read(rig.blob(registry, BLOB), 0, BLOB.length)).isEqualTo(BLOB);
    }
  }

  @Test
  void credentials_of_a_tls_registry_are_not_sent_to_a_token_server_of_plain_http()
      throws Exception {
    try (var tokens = new ScriptedServer((request, reply) -> reply.send(200, "{\"token\":\"t\"}"));
        var registry =
            new ScriptedServer(
                own.listen(null),
                (request, reply) -> {
                  if ("Bearer t".equals(request.header("authorization"))) {
                    reply.range(request, BLOB);
                  } else {
                    var realm = "http://" + tokens.host() + "/token";
                    reply.send(401, "", "WWW-Authenticate: Bearer realm=\"" + realm + "\"");
                  }
                })) {
      for (var user :
          List.of(Credentials.password("user", "secret"), Credentials.identityToken("secret"))) {
        try (var rig = rig(registry, "ca = '" + own.certificate + "'", Optional.of(user))) {
          assertThat(read(rig.blob(registry, BLOB), 0, 10)).hasSize(10); // As anybody.
        }
      }
      assertThat(tokens.requests)
          .isNotEmpty()
          .allSatisfy(
              request -> {
                assertThat(request.header("authorization")).isNull();
                assertThat(request.body()).isEmpty();
              });
      try (var rig = rig(registry, "ca = '" + own.certificate + "'")) {
        assertThat(read(rig.blob(registry, BLOB), 0, 10)).hasSize(10); // Nothing to give away.
      }
    }
  }

  @Test
  void plain_http_server_is_no_tls_server() throws Exception {
    try (var server = new ScriptedServer((request, reply) -> reply.range(request, BLOB));
        var rig = rig(server, "")) {
      assertThatThrownBy(() -> read(rig.blob(server, BLOB), 0, 10))
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining("not speak TLS")
          .hasMessageContaining("registry.plain_http");
    }
  }

  @Test
  void tls_goes_through_a_proxy_s_tunnel() throws Exception {
    try (var server = server(own.listen(null));
        var proxy = new ScriptedServer((request, reply) -> reply.tunnel(server.port()));
        var rig =
            new ClientRig(
                o ->
                    o.caCertificate(elsewhere.certificate)
                        .proxies(
                            ProxyRules.of(Map.of("https_proxy", "http://me:word@" + proxy.host())))
                        .insecureTlsHost("registry.example"))) {
      var reference = ImageReference.parse("registry.example:444/some/image:1");
      var source = rig.client.blob(reference, Digest.sha256(BLOB), BLOB.length);

      assertThat(read(source, 0, BLOB.length)).isEqualTo(BLOB);
      assertThat(read(source, 0, 10)).hasSize(10);

      assertThat(proxy.targets()).containsExactly("CONNECT registry.example:444");
      assertThat(proxy.requests.getFirst().header("proxy-authorization"))
          .isEqualTo("Basic bWU6d29yZA==");
    }
  }
}
