package dev.lazuli.registry;

import static dev.lazuli.registry.ClientRig.bytes;
import static dev.lazuli.registry.ClientRig.read;
import static java.util.Arrays.copyOfRange;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.registry.http.Origin;
import dev.lazuli.registry.model.Credentials;
import dev.lazuli.registry.model.RegistryException;
import dev.lazuli.registry.model.TlsSettings;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class RedirectTest {
  private static final byte[] BLOB = bytes(100_000);

  @Test
  void target_is_remembered_and_never_sees_the_authorization() throws Exception {
    try (var store = new ScriptedServer((request, reply) -> reply.range(request, BLOB));
        var registry =
            new ScriptedServer(
                (request, reply) -> {
                  if (request.header("authorization") == null) {
                    reply.send(401, "", "WWW-Authenticate: Basic realm=\"r\"");
                  } else {
                    reply.send(
                        307, "", "Location: http://" + store.host() + "/data/x?sig=a%2Fb&e=1");
                  }
                });
        var rig =
            new ClientRig(
                o -> o.credentials((h, r) -> Optional.of(Credentials.password("u", "p"))))) {
      for (int i = 0; i < 10; i++) {
        assertThat(read(rig.blob(registry, BLOB), i, 100)).isEqualTo(copyOfRange(BLOB, i, i + 100));
      }

      assertThat(registry.requests).hasSize(2);
      assertThat(store.requests)
          .hasSize(10)
          .allMatch(r -> r.header("authorization") == null)
          .allMatch(r -> r.target().equals("/data/x?sig=a%2Fb&e=1"));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 403, 404, 410, 500})
  void target_that_stops_working_is_asked_for_anew(int status) throws Exception {
    var round = new AtomicInteger(1);
    try (var store =
            new ScriptedServer(
                (request, reply) -> {
                  if (request.target().endsWith("/" + round)) {
                    reply.range(request, BLOB);
                  } else {
                    reply.send(status, "expired");
                  }
                });
        var registry =
            new ScriptedServer(
                (request, reply) ->
                    reply.send(307, "", "Location: http://" + store.host() + "/data/" + round));
        var rig = new ClientRig(o -> o.attempts(1))) {
      assertThat(read(rig.blob(registry, BLOB), 0, 10)).hasSize(10);
      round.set(2);

      assertThat(read(rig.blob(registry, BLOB), 5, 10)).isEqualTo(copyOfRange(BLOB, 5, 15));
      assertThat(registry.requests).hasSize(2);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403})
  void refusal_of_another_server_is_not_blamed_on_credentials(int status) throws Exception {
    try (var store = new ScriptedServer((request, reply) -> reply.send(status, "<Error/>"));
        var registry =
            new ScriptedServer(
                (request, reply) ->
                    reply.send(307, "", "Location: http://" + store.host() + "/data"));
        var rig = new ClientRig(o -> o.attempts(1))) {
      assertThatThrownBy(() -> read(rig.blob(registry, BLOB), 0, 10))
          .isInstanceOfSatisfying(
              RegistryException.class, e -> assertThat(e.isUnauthorized()).isFalse())
          .hasMessageContaining("from " + registry.host() + ": status " + status)
          .hasMessageContaining("(redirected to " + store.host() + ": ");
    }
  }

  @Test
  void relative_location_stays_at_the_registry() throws Exception {
    try (var registry =
            new ScriptedServer(
                (request, reply) -> {
                  if (request.target().startsWith("/elsewhere")) {
                    reply.range(request, BLOB);
                  } else {
                    reply.send(302, "", "Location: /elsewhere?x=1");
                  }
                });
        var rig = new ClientRig()) {
      assertThat(read(rig.blob(registry, BLOB), 0, 10)).hasSize(10);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "/data/a|b?sig=x|y /data/a%7Cb?sig=x%7Cy",
        "/data/{a}[1]?q=<\"> /data/%7Ba%7D%5B1%5D?q=%3C%22%3E",
        "/data/100%?p=%zz&q=%2F /data/100%25?p=%25zz&q=%2F",
        "/data/caf\u00e9#part /data/caf%C3%A9",
        "/data/a%20b+c?x=1%2B2 /data/a%20b+c?x=1%2B2",
      })
  void location_with_odd_characters_is_followed(String location, String asked) throws Exception {
    try (var registry =
            new ScriptedServer(
                (request, reply) -> {
                  if (request.target().startsWith("/data/")) {
                    reply.range(request, BLOB);
                  } else {
                    reply.send(307, "", "Location: " + location);
                  }
                });
        var rig = new ClientRig(o -> o.attempts(1))) {
      assertThat(read(rig.blob(registry, BLOB), 0, 10)).hasSize(10);

      assertThat(registry.requests.getLast().target()).isEqualTo(asked);
    }
  }

  /** Object stores have such names; {@link java.net.URI} knows none of them as a host. */
  @ParameterizedTest
  @CsvSource({
    "http://my_store.test/a, my_store.test, 80",
    "http://my_store:5000/a, my_store, 5000",
    "https://user@my_store_.test/a, my_store_.test, 443"
  })
  void host_with_an_underscore_is_a_host(String location, String host, int port) {
    var from = new Origin(false, "registry.test", 80, TlsSettings.DEFAULT);

    var target = Redirects.Target.of(location, from, "/v2/");

    assertThat(target.origin().host()).isEqualTo(host);
    assertThat(target.origin().port()).isEqualTo(port);
  }

  @Test
  void ten_redirects_are_followed() throws Exception {
    try (var registry =
            new ScriptedServer(
                (request, reply) -> {
                  int hops = request.target().length() - request.target().replace("x", "").length();
                  if (hops == 10) {
                    reply.range(request, BLOB);
                  } else {
                    reply.send(302, "", "Location: /" + "x".repeat(hops + 1));
                  }
                });
        var rig = new ClientRig(o -> o.attempts(1))) {
      assertThat(read(rig.blob(registry, BLOB), 0, 10)).hasSize(10);
    }
  }

  @Test
  void endless_redirects_are_an_error() throws Exception {
    try (var registry =
            new ScriptedServer(
                (request, reply) -> reply.send(302, "", "Location: " + request.target() + "a"));
        var rig = new ClientRig()) {
      assertThatThrownBy(() -> read(rig.blob(registry, BLOB), 0, 10))
          .hasMessageContaining("redirects");
      assertThat(registry.requests.size()).isLessThan(15);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ftp://x/y", "file:///etc/passwd", "http://[", "http:///x", "//"})
  void location_that_is_no_http_url_is_an_error(String location) throws Exception {
    try (var registry =
            new ScriptedServer((request, reply) -> reply.send(302, "", "Location: " + location));
        var rig = new ClientRig(o -> o.attempts(1))) {
      assertThatThrownBy(() -> read(rig.blob(registry, BLOB), 0, 10))
          .isInstanceOf(RegistryException.class);
    }
  }

  @Test
  void target_on_the_same_server_is_asked_with_authorization() throws Exception {
    try (var registry =
            new ScriptedServer(
                (request, reply) -> {
                  if (request.header("authorization") == null) {
                    reply.send(401, "", "WWW-Authenticate: Basic realm=\"r\"");
                  } else if (request.target().startsWith("/data/")) {
                    reply.range(request, BLOB);
                  } else {
                    reply.send(307, "", "Location: /data/x");
                  }
                });
        var rig =
            new ClientRig(
                o ->
                    o.attempts(1)
                        .credentials((h, r) -> Optional.of(Credentials.password("u", "p"))))) {
      for (int i = 0; i < 3; i++) {
        assertThat(read(rig.blob(registry, BLOB), i, 100)).isEqualTo(copyOfRange(BLOB, i, i + 100));
      }
      assertThat(registry.requests).hasSize(5);
    }
  }

  @Test
  void many_targets_lock_no_other_server_out() throws Exception {
    var count = new AtomicInteger();
    try (var registry =
            new ScriptedServer(
                (request, reply) -> {
                  int n = count.incrementAndGet();
                  reply.send(
                      307, "", "Location: http://127.0.%d.%d:1/".formatted(1 + n / 250, n % 250));
                });
        var other = new ScriptedServer((request, reply) -> reply.range(request, BLOB));
        var rig = new ClientRig(o -> o.attempts(1))) {
      for (int i = 0; i < 600; i++) {
        assertThatThrownBy(() -> read(rig.blob(registry, BLOB), 0, 10))
            .hasMessageContaining("redirected to 127.0.");
      }

      assertThat(read(rig.blob(other, BLOB), 0, 10)).hasSize(10);
    }
  }
}
