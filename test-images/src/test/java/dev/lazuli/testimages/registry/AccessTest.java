package dev.lazuli.testimages.registry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.registry.BlobContent;
import dev.lazuli.demo.registry.Digests;
import dev.lazuli.demo.registry.RegistryDemands;
import dev.lazuli.demo.registry.RegistryDemands.Access;
import dev.lazuli.testimages.waiting.Eventually;
import java.time.Duration;
import java.util.Base64;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class AccessTest {
  private static final byte[] BLOB = "the blob".getBytes(UTF_8);
  private static final String DIGEST = Digests.sha256(BLOB);
  private static final String PATH = "/v2/lib/app/blobs/" + DIGEST;
  private static final String PRIVATE_PATH = "/v2/private/app/blobs/" + DIGEST;
  private static final String PASSWORD =
      "Basic " + Base64.getEncoder().encodeToString("user:secret".getBytes(UTF_8));
  private static final Pattern TOKEN = Pattern.compile("\"token\":\"(\\w+)\"");

  @SuppressWarnings("NullAway.Init") // each test starts its own
  private TestRegistry registry;

  @SuppressWarnings("NullAway.Init")
  private TestClient client;

  private void start(RegistryDemands options) throws Exception {
    registry = TestRegistry.start(options);
    registry.serveBlob(DIGEST, BlobContent.of(BLOB));
    client = new TestClient(registry);
  }

  private static RegistryDemands bearer(Duration lifetime) {
    return RegistryDemands.OPEN.withAccess(new Access.Bearer("user", "secret", lifetime));
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    registry.close();
  }

  @Test
  void basic_wantsThePasswordEverywhere() throws Exception {
    start(RegistryDemands.OPEN.withAccess(new Access.Basic("user", "secret")));

    var refused = client.get(PATH);

    assertThat(refused.statusCode()).isEqualTo(401);
    assertThat(refused.headers().firstValue("www-authenticate")).hasValue("Basic realm=\"test\"");
    assertThat(client.get("/v2/").statusCode()).isEqualTo(401);
    assertThat(client.get(PATH, "Authorization", PASSWORD).body()).isEqualTo(BLOB);
    assertThat(client.get(PATH, "Authorization", PASSWORD + "x").statusCode()).isEqualTo(401);
    assertThat(registry.counters().unauthorized()).isEqualTo(3);
  }

  @Test
  void bearer_challengeNamesServiceAndScope() throws Exception {
    start(bearer(Duration.ofMinutes(1)));

    assertThat(client.get(PATH).headers().firstValue("www-authenticate"))
        .hasValue(
            "Bearer realm=\"http://"
                + registry.host()
                + "/token\",service=\"local-registry\",scope=\"repository:lib/app:pull\"");
  }

  @Test
  void bearer_tokenOpensItsRepositoryAlone() throws Exception {
    start(bearer(Duration.ofMinutes(1)));
    var token = token("repository:lib/app:pull");

    assertThat(client.get(PATH, "Authorization", token).body()).isEqualTo(BLOB);
    assertThat(client.get("/v2/", "Authorization", token).statusCode()).isEqualTo(200);
    assertThat(client.get("/v2/x/blobs/" + DIGEST, "Authorization", token).statusCode())
        .isEqualTo(401);
    assertThat(
            client
                .send("POST", "/v2/lib/app/blobs/uploads/", BLOB, "Authorization", token)
                .statusCode())
        .isEqualTo(401);
    assertThat(registry.counters().tokens()).isEqualTo(1);
  }

  @Test
  void bearer_privateRepositoriesWantThePassword() throws Exception {
    start(bearer(Duration.ofMinutes(1)));
    var scope = "repository:private/app:pull,push";
    var anonymous = token(scope);
    var known = token(scope, "Authorization", PASSWORD);

    assertThat(client.get(PRIVATE_PATH, "Authorization", anonymous).statusCode()).isEqualTo(401);
    assertThat(client.get(PRIVATE_PATH, "Authorization", known).body()).isEqualTo(BLOB);
    assertThat(
            client
                .send("POST", "/v2/private/app/blobs/uploads/", BLOB, "Authorization", known)
                .statusCode())
        .isEqualTo(202);
    assertThat(client.get("/token?scope=" + scope, "Authorization", "Basic eA==").statusCode())
        .isEqualTo(401);
  }

  @Test
  void bearer_tokenExpires() throws Exception {
    start(bearer(Duration.ofMillis(1)));
    var token = token("repository:lib/app:pull");

    Eventually.until(() -> client.get(PATH, "Authorization", token).statusCode() == 401);

    assertThat(
            client
                .get(PATH, "Authorization", token)
                .headers()
                .firstValue("www-authenticate")
                .orElseThrow())
        .endsWith("error=\"invalid_token\"");
  }

  @Test
  void redirect_leadsToAnotherAddress() throws Exception {
    start(RegistryDemands.OPEN.withRedirects(Duration.ofMinutes(1)));

    var redirect = client.get(PATH, "Range", "bytes=1-3");
    var location = redirect.headers().firstValue("location").orElseThrow();
    var fresh = client.get(location, "Range", "bytes=1-3");
    var leaking = client.get(location, "Authorization", PASSWORD);

    assertThat(redirect.statusCode()).isEqualTo(307);
    assertThat(location).startsWith("http://" + registry.secondHost() + "/");
    assertThat(registry.secondHost()).isNotEqualTo(registry.host());
    assertThat(fresh.statusCode()).isEqualTo(206);
    assertThat(new String(fresh.body(), UTF_8)).isEqualTo("he ");
    assertThat(leaking.statusCode()).isEqualTo(400);
    assertThat(registry.counters().redirects()).isEqualTo(1);
    assertThat(registry.counters().blob(DIGEST).bodyBytes()).isEqualTo(3);
  }

  @Test
  void redirect_leadsToAnAddressThatExpires() throws Exception {
    start(RegistryDemands.OPEN.withRedirects(Duration.ofMillis(1)));

    var location = client.get(PATH).headers().firstValue("location").orElseThrow();
    Eventually.until(() -> client.get(location).statusCode() == 403);
  }

  @Test
  void redirect_needsTheRightTicket() throws Exception {
    start(RegistryDemands.OPEN.withRedirects(Duration.ofMinutes(1)));

    var address = "http://" + registry.secondHost() + "/store/" + DIGEST;

    assertThat(client.get(address).statusCode()).isEqualTo(403);
    assertThat(client.get(address + "?ticket=guess").statusCode()).isEqualTo(403);
    assertThat(client.send("HEAD", PATH, new byte[0]).statusCode()).isEqualTo(200);
  }

  private String token(String scope, String... headers) throws Exception {
    var response = client.get("/token?service=test-registry&scope=" + scope, headers);
    assertThat(response.statusCode()).isEqualTo(200);
    var match = TOKEN.matcher(new String(response.body(), UTF_8));
    assertThat(match.find()).isTrue();
    return "Bearer " + match.group(1);
  }
}
