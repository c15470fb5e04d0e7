package dev.lazuli.testimages.registry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.registry.BlobContent;
import dev.lazuli.demo.registry.Digests;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class PushTest {
  private static final byte[] BLOB = "the blob".getBytes(UTF_8);
  private static final String DIGEST = Digests.sha256(BLOB);
  private static final byte[] NOTHING = {};

  private TestRegistry registry;
  private TestClient client;

  @BeforeEach
  void start() throws Exception {
    registry = TestRegistry.start();
    client = new TestClient(registry);
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    registry.close();
  }

  @Test
  void blob_inPieces() throws Exception {
    var session = location(client.send("POST", "/v2/a/blobs/uploads/", NOTHING));
    var patched = client.send("PATCH", session, "the ".getBytes(UTF_8));
    var put = client.send("PUT", location(patched) + "?digest=" + DIGEST, "blob".getBytes(UTF_8));

    assertThat(patched.statusCode()).isEqualTo(202);
    assertThat(patched.headers().firstValue("range")).hasValue("0-3");
    assertThat(put.statusCode()).isEqualTo(201);
    assertThat(client.get("/v2/a/blobs/" + DIGEST).body()).isEqualTo(BLOB);
  }

  @Test
  void blob_inOnePost() throws Exception {
    var response = client.send("POST", "/v2/a/blobs/uploads/?digest=" + DIGEST, BLOB);

    assertThat(response.statusCode()).isEqualTo(201);
    assertThat(client.get("/v2/a/blobs/" + DIGEST).body()).isEqualTo(BLOB);
  }

  @Test
  void blob_mounted() throws Exception {
    registry.serveBlob(DIGEST, BlobContent.of(BLOB));

    var known = client.send("POST", "/v2/b/blobs/uploads/?mount=" + DIGEST + "&from=a", NOTHING);
    var other = "sha256:" + "1".repeat(64);
    var unknown = client.send("POST", "/v2/b/blobs/uploads/?mount=" + other + "&from=a", NOTHING);

    assertThat(known.statusCode()).isEqualTo(201);
    assertThat(unknown.statusCode()).isEqualTo(202);
  }

  @Test
  void blob_withWrongDigest_isRefused() throws Exception {
    var wrong = Digests.sha256(NOTHING);

    var response = client.send("POST", "/v2/a/blobs/uploads/?digest=" + wrong, BLOB);

    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(client.get("/v2/a/blobs/" + wrong).statusCode()).isEqualTo(404);
  }

  @Test
  void manifest_andItsReferrers() throws Exception {
    var type = "application/vnd.oci.image.manifest.v1+json";
    var subject = "{\"schemaVersion\":2}".getBytes(UTF_8);
    var referrer =
        """
        {"schemaVersion":2,"artifactType":"text/index","subject":{"digest":"%s"},
         "annotations":{"kind":"toc"}}
        """
            .formatted(Digests.sha256(subject))
            .getBytes(UTF_8);

    var first = client.send("PUT", "/v2/a/manifests/1", subject, "Content-Type", type);
    var second =
        client.send(
            "PUT", "/v2/a/manifests/" + Digests.sha256(referrer), referrer, "Content-Type", type);
    var list = client.get("/v2/a/referrers/" + Digests.sha256(subject));
    var none = client.get("/v2/a/referrers/" + Digests.sha256(subject) + "?artifactType=x");

    assertThat(first.statusCode()).isEqualTo(201);
    assertThat(second.headers().firstValue("oci-subject")).hasValue(Digests.sha256(subject));
    assertThat(new String(list.body(), UTF_8))
        .contains(Digests.sha256(referrer), "text/index", "{\"kind\":\"toc\"}");
    assertThat(new String(none.body(), UTF_8)).contains("\"manifests\":[]");
    assertThat(client.get("/v2/a/manifests/1").body()).isEqualTo(subject);
  }

  @Test
  void manifest_thatIsNotJson_orNotItsDigest_isRefused() throws Exception {
    var path = "/v2/a/manifests/";

    assertThat(client.send("PUT", path + "1", BLOB).statusCode()).isEqualTo(400);
    assertThat(client.send("PUT", path + DIGEST, "{}".getBytes(UTF_8)).statusCode()).isEqualTo(400);
  }

  private static String location(HttpResponse<byte[]> response) {
    return response.headers().firstValue("location").orElseThrow();
  }
}
