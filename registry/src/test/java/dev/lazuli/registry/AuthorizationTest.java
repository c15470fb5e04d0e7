package dev.lazuli.registry;

import static dev.lazuli.registry.ClientRig.bytes;
import static dev.lazuli.registry.ClientRig.read;
import static java.util.Arrays.copyOfRange;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.ScriptedServer.Reply;
import dev.lazuli.registry.ScriptedServer.Request;
import dev.lazuli.registry.model.Credentials;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.RegistryException;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class AuthorizationTest {
  private static final byte[] BLOB = bytes(100_000);
  private static final Credentials USER = Credentials.password("user", "secret");
  private static final String BASIC = "Basic " + base64("user:secret");

  /** A registry whose token server gives t1, t2, ... for {@code seconds}. */
  private static final class TokenRegistry implements AutoCloseable {
    final AtomicInteger issued = new AtomicInteger();
    volatile int valid;
    volatile int seconds = 300;
    final ScriptedServer server = new ScriptedServer(this::answer);

    TokenRegistry() throws IOException {}

    private void answer(Request request, Reply reply) throws Exception {
      if (request.path().equals("/token")) {
        valid = issued.incrementAndGet();
        Thread.sleep(30); // Others ask meanwhile.
        reply.send(200, "{\"token\":\"t" + valid + "\",\"expires_in\":" + seconds + "}");
      } else if (("Bearer t" + valid).equals(request.header("authorization"))) {
        reply.range(request, BLOB);
      } else {
        reply.send(
            401,
            "{}",
            "WWW-Authenticate: Bearer realm=\"http://%s/token\",service=\"s 1\",scope=\"repository:some/image:pull\""
                .formatted(server.host()));
      }
    }

    List<String> tokenRequests() {
      return server.requests.stream()
          .filter(r -> r.path().equals("/token"))
          .map(r -> r.target() + " " + r.header("authorization"))
          .toList();
    }

    @Override
    public void close() throws IOException {
      server.close();
    }
  }

  @Test
  void bearer_token_fetched_once_and_shared_by_all_blobs() throws Exception {
    try (var registry = new TokenRegistry();
        var rig = new ClientRig(o -> o.credentials((host, ref) -> Optional.of(USER)));
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var reads = new ArrayList<Future<byte[]>>();
      for (int i = 0; i < 20; i++) {
        int at = i;
        reads.add(threads.submit(() -> read(rig.blob(registry.server, BLOB), at, 100)));
      }
      for (int i = 0; i < 20; i++) {
        assertThat(reads.get(i).get()).isEqualTo(copyOfRange(BLOB, i, i + 100));
      }

      assertThat(registry.tokenRequests())
          .containsExactly("/token?service=s%201&scope=repository%3Asome%2Fimage%3Apull " + BASIC);
    }
  }

  @Test
  void token_that_the_registry_forgets_is_replaced() throws Exception {
    try (var registry = new TokenRegistry();
        var rig = new ClientRig(o -> o.attempts(1))) {
      assertThat(read(rig.blob(registry.server, BLOB), 0, 10)).hasSize(10);
      registry.valid = -1;

      assertThat(read(rig.blob(registry.server, BLOB), 0, 10)).hasSize(10);

      assertThat(registry.issued).hasValue(2);
    }
  }

  @Test
  void token_is_renewed_before_it_ends() throws Exception {
    try (var registry = new TokenRegistry();
        var rig = new ClientRig(o -> o.attempts(1))) {
      registry.seconds = 1;
      assertThat(read(rig.blob(registry.server, BLOB), 0, 10)).hasSize(10);
      registry.seconds = 300;
      int issued = registry.issued.get();
      var reads = new AtomicInteger(1);
      Eventually.asserted(
          () -> {
            assertThat(read(rig.blob(registry.server, BLOB), 0, 10)).hasSize(10);
            reads.incrementAndGet();
            assertThat(registry.issued).hasValue(issued + 1);
          });

      // Only the very first was refused.
      assertThat(registry.server.targets().stream().filter(t -> t.contains("/blobs/")))
          .hasSize(reads.get() + 1);
    }
  }

  @Test
  void second_repository_needs_no_refusal_first() throws Exception {
    try (var registry = new TokenRegistry();
        var rig = new ClientRig()) {
      assertThat(read(rig.blob(registry.server, BLOB), 0, 10)).hasSize(10);
      var other = ImageReference.parse(registry.server.host() + "/other:1");
      int before = registry.server.requests.size();

      assertThat(read(rig.client.blob(other, Digest.sha256(BLOB), BLOB.length), 0, 10)).hasSize(10);

      assertThat(registry.server.requests.size() - before).isEqualTo(2);
      assertThat(registry.tokenRequests().getLast()).contains("repository%3Aother%3Apull");
    }
  }

  @Test
  void identity_token_is_posted() throws Exception {
    try (var registry = new TokenRegistry();
        var rig =
            new ClientRig(
                o -> o.credentials((h, r) -> Optional.of(Credentials.identityToken("id/1"))))) {
      assertThat(read(rig.blob(registry.server, BLOB), 0, 10)).hasSize(10);

      Request post =
          registry.server.requests.stream()
              .filter(r -> r.method().equals("POST"))
              .findFirst()
              .orElseThrow();
      assertThat(post.body())
          .contains("grant_type=refresh_token", "refresh_token=id%2F1", "client_id=lazuli");
      assertThat(post.header("authorization")).isNull();
    }
  }

  @Test
  void token_server_s_refusal_is_the_error() throws Exception {
    try (var server = new ScriptedServer((request, reply) -> {});
        var rig = new ClientRig()) {
      server.script(
          (request, reply) -> {
            if (request.path().equals("/token")) {
              reply.send(401, "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"go away\"}]}");
            } else {
              reply.send(
                  401, "", "WWW-Authenticate: Bearer realm=\"http://" + server.host() + "/token\"");
            }
          });

      assertThatThrownBy(() -> read(rig.blob(server, BLOB), 0, 10))
          .isInstanceOfSatisfying(
              RegistryException.class, e -> assertThat(e.isUnauthorized()).isTrue())
          .hasMessageContaining("token server")
          .hasMessageContaining("go away");
    }
  }

  @Test
  void password_is_sent_after_a_basic_challenge_and_from_then_on() throws Exception {
    try (var server =
            new ScriptedServer(
                (request, reply) -> {
                  if (BASIC.equals(request.header("authorization"))) {
                    reply.range(request, BLOB);
                  } else {
                    reply.send(401, "", "WWW-Authenticate: Basic realm=\"testbed\"");
                  }
                });
        var rig = new ClientRig(o -> o.credentials((host, ref) -> Optional.of(USER)))) {
      for (int i = 0; i < 3; i++) {
        assertThat(read(rig.blob(server, BLOB), i, 10)).hasSize(10);
      }
      assertThat(server.requests).hasSize(4);
    }
  }

  @Test
  void wrong_or_no_password_is_an_error_at_once() throws Exception {
    try (var server =
            new ScriptedServer(
                (request, reply) ->
                    reply.send(401, "", "WWW-Authenticate: Basic realm=\"testbed\""));
        var anonymous = new ClientRig();
        var known = new ClientRig(o -> o.credentials((host, ref) -> Optional.of(USER)))) {
      assertThatThrownBy(() -> read(anonymous.blob(server, BLOB), 0, 10))
          .hasMessageContaining("status 401");
      assertThatThrownBy(() -> read(known.blob(server, BLOB), 0, 10))
          .hasMessageContaining("status 401");
      assertThat(server.requests).hasSize(3);
    }
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void realm_with_a_query_of_its_own_keeps_it() throws Exception {
    try (var server = new ScriptedServer(AuthorizationTest::answerWithQuery);
        var rig = new ClientRig();
        var posting =
            new ClientRig(
                o -> o.credentials((h, r) -> Optional.of(Credentials.identityToken("id"))))) {
      assertThat(read(rig.blob(server, BLOB), 0, 10)).hasSize(10);
      assertThat(read(posting.blob(server, BLOB), 0, 10)).hasSize(10);

      assertThat(server.requests.stream().map(Request::target).filter(t -> t.startsWith("/token")))
          .containsExactly(
              "/token?account=%C3%B6dd&x=1%2F2&service=s&scope=repository%3Asome%2Fimage%3Apull",
              "/token?account=%C3%B6dd&x=1%2F2");
    }
  }

  private static void answerWithQuery(Request request, Reply reply) throws IOException {
    if (request.path().startsWith("/token")) {
      reply.send(200, "{\"token\":\"t\"}");
    } else if ("Bearer t".equals(request.header("authorization"))) {
      reply.range(request, BLOB);
    } else {
      var host = request.header("host");
      reply.send(
          401,
          "",
          "WWW-Authenticate: Bearer realm=\"http://%s/token?account=ödd&x=1%%2F2\",service=\"s\""
              .formatted(host));
    }
  }

  /** Harbor's way. */
  @Test
  void ended_token_that_is_answered_by_a_basic_challenge_is_renewed() throws Exception {
    try (var registry = new TokenRegistry();
        var rig = new ClientRig(o -> o.attempts(1))) {
      assertThat(read(rig.blob(registry.server, BLOB), 0, 10)).hasSize(10);
      int ended = registry.valid;
      registry.server.script(
          (request, reply) -> {
            if (("Bearer t" + ended).equals(request.header("authorization"))) {
              reply.send(401, "", "WWW-Authenticate: Basic realm=\"harbor\"");
            } else {
              registry.answer(request, reply);
            }
          });

      assertThat(read(rig.blob(registry.server, BLOB), 0, 10)).hasSize(10);
      assertThat(registry.issued).hasValue(2);
    }
  }

  @Test
  void host_that_wants_passwords_from_now_on_gets_them() throws Exception {
    try (var registry = new TokenRegistry();
        var rig = new ClientRig(o -> o.attempts(1).credentials((h, r) -> Optional.of(USER)))) {
      assertThat(read(rig.blob(registry.server, BLOB), 0, 10)).hasSize(10);
      registry.server.script(
          (request, reply) -> {
            if (request.path().equals("/token")) {
              registry.answer(request, reply);
            } else if (BASIC.equals(request.header("authorization"))) {
              reply.range(request, BLOB);
            } else {
              reply.send(401, "", "WWW-Authenticate: Basic realm=\"r\"");
            }
          });

      assertThat(read(rig.blob(registry.server, BLOB), 0, 10)).hasSize(10);
    }
  }
}
