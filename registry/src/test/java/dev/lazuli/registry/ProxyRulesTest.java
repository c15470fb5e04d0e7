package dev.lazuli.registry;

import static dev.lazuli.registry.ClientRig.bytes;
import static dev.lazuli.registry.ClientRig.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.ProxyRules;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyRulesTest {
  private static final byte[] BLOB = bytes(1000);

  @ParameterizedTest
  @CsvSource({
    "'', reg.example, 443, true",
    "reg.example, reg.example, 443, false",
    "reg.example, sub.reg.example, 443, false",
    ".reg.example, sub.reg.example, 443, false",
    ".reg.example, reg.example, 443, true",
    "*.reg.example, sub.reg.example, 443, false",
    "reg.example, otherreg.example, 443, true",
    "reg.example:5000, reg.example, 5000, false",
    "reg.example:5000, reg.example, 443, true",
    "'a.b, reg.example ,c.d', reg.example, 443, false",
    "*, reg.example, 443, false",
    "10.0.0.0/8, 10.1.2.3, 443, false",
    "10.0.0.0/8, 11.1.2.3, 443, true",
    "10.0.0.0/8, 10.example, 443, true",
    "10.1.2.3, 10.1.2.3, 443, false",
    "fd00::/8, fd12::1, 443, false",
    "10.0.0.0/99, 10.1.2.3, 443, true",
    "REG.example, reg.EXAMPLE, 443, false",
    "'', localhost, 443, false",
    "'', 127.3.4.5, 443, false",
    "'', ::1, 443, false",
  })
  void no_proxy_rules(String noProxy, String host, int port, boolean proxied) {
    var rules = ProxyRules.of(Map.of("HTTPS_PROXY", "http://p:1", "no_proxy", noProxy));

    assertThat(rules.find(host, port, /* tls= */ true).isPresent()).isEqualTo(proxied);
    assertThat(rules.find(host, port, /* tls= */ false)).isEmpty();
  }

  @Test
  void small_letters_win_and_a_scheme_may_be_missing() {
    var rules = ProxyRules.of(Map.of("http_proxy", "p:1", "HTTP_PROXY", "http://q:2"));

    assertThat(rules.find("a.b", 80, false).orElseThrow()).hasHost("p").hasPort(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ftp://x", "http://", "socks5://h:1"})
  void address_that_is_no_http_proxy_is_refused(String proxy) {
    assertThatThrownBy(() -> ProxyRules.of(Map.of("http_proxy", proxy)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void plain_http_names_the_whole_url_to_the_proxy() throws Exception {
    try (var proxy = new ScriptedServer((request, reply) -> reply.range(request, BLOB));
        var rig =
            new ClientRig(
                o ->
                    o.plainHttpHost("registry.example")
                        .proxies(
                            ProxyRules.of(
                                Map.of("http_proxy", "http://me:word@" + proxy.host()))))) {
      var reference = ImageReference.parse("registry.example/some/image:1");
      var source = rig.client.blob(reference, Digest.sha256(BLOB), BLOB.length);

      assertThat(read(source, 0, 10)).hasSize(10);

      var request = proxy.requests.getFirst();
      assertThat(request.target())
          .isEqualTo("http://registry.example/v2/some/image/blobs/" + Digest.sha256(BLOB));
      assertThat(request.header("proxy-authorization")).isEqualTo("Basic bWU6d29yZA==");
      assertThat(request.header("host")).isEqualTo("registry.example");
    }
  }
}
