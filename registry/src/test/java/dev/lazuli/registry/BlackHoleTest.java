package dev.lazuli.registry;

import static dev.lazuli.registry.ClientRig.bytes;
import static dev.lazuli.registry.ClientRig.read;
import static java.util.Arrays.copyOfRange;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.Mirror;
import dev.lazuli.registry.model.ProxyRules;
import dev.lazuli.registry.model.RegistryException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Servers that do not even refuse a connection, at every stage that makes one. All other limits are
 * minutes, so that what ends in time is ended by the connect timeout.
 */
@Timeout(60)
final class BlackHoleTest {
  private static final byte[] BLOB = bytes(100_000);
  private static final String REASON = "connection timed out after 1000 ms";

  private BlackHole hole;

  @BeforeEach
  void open() throws IOException {
    hole = new BlackHole();
  }

  @AfterEach
  void close() throws IOException {
    hole.close();
  }

  private static ClientRig rig(Consumer<RegistryOptions.Builder> change) {
    return new ClientRig(
        options -> {
          options
              .connectTimeout(Duration.ofSeconds(1))
              .acquireTimeout(Duration.ofMinutes(5))
              .headersTimeout(Duration.ofMinutes(5))
              .idleBodyTimeout(Duration.ofMinutes(5))
              .attempts(1);
          change.accept(options);
        });
  }

  private static RegistryBlob blob(ClientRig rig, String host) {
    var reference = ImageReference.parse(host + "/some/image:1");
    return rig.client.blob(reference, Digest.sha256(BLOB), BLOB.length);
  }

  @Test
  void registry() {
    try (var rig = rig(_ -> {})) {
      assertThatThrownBy(() -> read(blob(rig, hole.host()), 0, 10))
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining("read of sha256:")
          .hasMessageContaining(hole.host())
          .hasMessageContaining(REASON);
      assertThatThrownBy(
              () -> rig.client.manifest(ImageReference.parse(hole.host() + "/some/image:1")))
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining(hole.host())
          .hasMessageContaining(REASON);
    }
  }

  @Test
  void mirror_is_left_for_the_registry() throws Exception {
    try (var registry = new ScriptedServer((request, reply) -> reply.range(request, BLOB));
        var rig = rig(o -> o.mirrors(registry.host(), List.of(new Mirror(hole.host(), true))))) {
      assertThat(read(blob(rig, registry.host()), 0, 10)).isEqualTo(copyOfRange(BLOB, 0, 10));
    }
  }

  @Test
  void token_server() throws Exception {
    String challenge = "WWW-Authenticate: Bearer realm=\"http://%s/token\"".formatted(hole.host());
    try (var registry = new ScriptedServer((_, reply) -> reply.send(401, "", challenge));
        var rig = rig(_ -> {})) {
      assertThatThrownBy(() -> read(blob(rig, registry.host()), 0, 10))
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining(registry.host())
          .hasMessageContaining("token server " + hole.host())
          .hasMessageContaining(REASON);
    }
  }

  @Test
  void redirect_target() throws Exception {
    String location = "Location: http://" + hole.host() + "/data";
    try (var registry = new ScriptedServer((_, reply) -> reply.send(307, "", location));
        var rig = rig(_ -> {})) {
      assertThatThrownBy(() -> read(blob(rig, registry.host()), 0, 10))
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining(registry.host())
          .hasMessageContaining("redirected to " + hole.host())
          .hasMessageContaining(REASON);
    }
  }

  @Test
  void registry_is_asked_for_another_redirect_target() throws Exception {
    var targets = new ConcurrentLinkedQueue<String>(List.of(hole.host()));
    try (var store = new ScriptedServer((request, reply) -> reply.range(request, BLOB));
        var registry =
            new ScriptedServer(
                (_, reply) -> {
                  String target = targets.isEmpty() ? store.host() : targets.remove();
                  reply.send(307, "", "Location: http://" + target + "/data");
                });
        var rig = rig(o -> o.attempts(2))) {
      assertThat(read(blob(rig, registry.host()), 0, 10)).isEqualTo(copyOfRange(BLOB, 0, 10));
      assertThat(registry.requests).hasSize(2);
    }
  }

  @Test
  void proxy() {
    var rules = ProxyRules.of(Map.of("http_proxy", "http://" + hole.host()));
    try (var rig = rig(o -> o.proxies(rules).plainHttpHost("registry.example"))) {
      assertThatThrownBy(() -> read(blob(rig, "registry.example"), 0, 10))
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining("registry.example")
          .hasMessageContaining(hole.host())
          .hasMessageContaining(REASON);
    }
  }

  @Test
  void proxy_of_a_tunnel() {
    var rules = ProxyRules.of(Map.of("https_proxy", "http://" + hole.host()));
    try (var rig = rig(o -> o.proxies(rules))) {
      assertThatThrownBy(() -> read(blob(rig, "registry.example"), 0, 10))
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining("registry.example")
          .hasMessageContaining(hole.host())
          .hasMessageContaining(REASON);
    }
  }
}
