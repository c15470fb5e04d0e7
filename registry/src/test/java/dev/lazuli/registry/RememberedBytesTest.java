package dev.lazuli.registry;

import static dev.lazuli.registry.ClientRig.bytes;
import static dev.lazuli.registry.ClientRig.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.registry.ScriptedServer.Reply;
import dev.lazuli.registry.ScriptedServer.Request;
import dev.lazuli.registry.auth.Authorizer;
import dev.lazuli.registry.auth.TokenServer;
import dev.lazuli.registry.auth.Tries;
import dev.lazuli.registry.hosts.RegistryHost;
import dev.lazuli.registry.http.Abort;
import dev.lazuli.registry.http.Connections;
import dev.lazuli.registry.http.HttpTransport;
import dev.lazuli.registry.http.Origin;
import dev.lazuli.registry.model.Credentials;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.TlsSettings;
import dev.lazuli.testimages.waiting.Eventually;
import io.netty.handler.codec.http.HttpMethod;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What registries have us remember is bounded by its bytes. */
@Timeout(120)
final class RememberedBytesTest {
  private static final byte[] BLOB = bytes(1000);
  private static final int REPOSITORIES = 1000;

  @Test
  void redirects_areForgotten_beforeTheyFillTheHeap() {
    var redirects = new Redirects();
    var origin = Origin.of(URI.create("https://store.example"), TlsSettings.DEFAULT);
    var signed = "/data?sig=" + "x".repeat(8000);
    for (int i = 0; i < 2000; i++) {
      redirects.remember(place(origin, i), new Redirects.Target(origin, signed + i));
    }

    Eventually.asserted(
        () ->
            assertThat(
                    IntStream.range(0, 2000)
                        .filter(i -> redirects.find(place(origin, i)) != null)
                        .count())
                .isBetween(300L, 525L));
  }

  private static Redirects.Place place(Origin origin, int blob) {
    return new Redirects.Place(HttpMethod.GET, origin, "/v2/app/blobs/" + blob);
  }

  @Test
  void redirect_thatIsTooLong_isRefused() throws Exception {
    var longUrl = "/elsewhere?x=" + "x".repeat(9000);
    try (var registry =
            new ScriptedServer(
                (request, reply) -> {
                  if (request.target().startsWith("/elsewhere")) {
                    reply.range(request, BLOB);
                  } else {
                    reply.send(302, "", "Location: " + longUrl);
                  }
                });
        var rig = new ClientRig(o -> o.attempts(1))) {
      assertThatThrownBy(() -> read(rig.blob(registry, BLOB), 0, 10))
          .hasMessageContaining("redirect to a URL of " + longUrl.length() + " bytes");
    }
  }

  @Test
  void token_thatIsTooLong_isRefused() throws Exception {
    try (var registry = new ScriptedServer((request, reply) -> token(request, reply, 20_000));
        var rig = new ClientRig(o -> o.attempts(1))) {
      assertThatThrownBy(() -> read(rig.blob(registry, BLOB), 0, 10))
          .hasMessageContaining("the token has 20000 bytes");
    }
  }

  private static void token(Request request, Reply reply, int length) throws Exception {
    if (request.path().equals("/token")) {
      reply.send(200, "{\"token\":\"" + "x".repeat(length) + "\"}");
    } else if (request.header("authorization") != null) {
      reply.range(request, BLOB);
    } else {
      var realm = "http://" + request.header("host") + "/token";
      reply.send(401, "", "WWW-Authenticate: Bearer realm=\"" + realm + "\"");
    }
  }

  @Test
  void tokens_areForgotten_beforeTheyFillTheHeap() throws IOException {
    // In Base64 about 16,000 bytes, of which 4 MiB hold 260.
    var user = Credentials.password("user", "x".repeat(12_000));
    var http = RegistryOptions.builder().build().http();
    try (var connections = new Connections(http)) {
      var tokens = new TokenServer(new HttpTransport(connections, http));
      var authorizer = new Authorizer(tokens, (_, _) -> Optional.of(user));
      for (int i = 0; i < REPOSITORIES; i++) {
        assertThat(answer(authorizer, i)).startsWith("Basic ");
      }

      Eventually.asserted(
          () ->
              assertThat(
                      IntStream.range(0, REPOSITORIES)
                          .filter(i -> authorizer.used(authorized(i)).isPresent())
                          .count())
                  .isBetween(100L, 270L));
    }
  }

  private static String answer(Authorizer authorizer, int repository) throws IOException {
    var challenge = List.of("Basic realm=\"r\"");
    var header =
        authorizer.answer(authorized(repository), challenge, null, false, new Tries(), new Abort());
    return header == null ? "" : header;
  }

  private static Authorizer.Place authorized(int repository) {
    var origin = Origin.of(URI.create("https://registry.example"), TlsSettings.DEFAULT);
    var host = new RegistryHost(origin, "", true, true, Map.of(), null);
    var reference = ImageReference.parse("registry.example/image" + repository + ":1");
    return new Authorizer.Place(host, reference, false);
  }
}
