package dev.lazuli.testimages.registry;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.images.BlobDescriptor;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.demo.registry.Digests;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PullTest {
  @TempDir Path directory;

  private TestRegistry registry;
  private TestClient client;
  private BlobDescriptor image;
  private BlobDescriptor layer;
  private byte[] blob;
  private String path;

  @BeforeEach
  void serve() throws Exception {
    var layout = OciLayout.at(directory);
    image = new ImageBuilder(layout).layer(new ImageTree().file("a", "hello")).build("1");
    layer = layout.layers(image).getFirst();
    blob = Files.readAllBytes(layout.blob(layer.digest()));
    path = "/v2/lib/app/blobs/" + layer.digest();
    registry = TestRegistry.start();
    registry.serve("lib/app", layout);
    client = new TestClient(registry);
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    registry.close();
  }

  @Test
  void apiRoot_answers() throws Exception {
    assertThat(client.get("/v2/").statusCode()).isEqualTo(200);
  }

  @Test
  void manifest_byTagAndByDigest() throws Exception {
    var byTag = client.get("/v2/lib/app/manifests/1");
    var byDigest = client.get("/v2/lib/app/manifests/" + image.digest());

    assertThat(byTag.statusCode()).isEqualTo(200);
    assertThat(byTag.headers().firstValue("content-type")).hasValue(image.mediaType());
    assertThat(byTag.headers().firstValue("docker-content-digest")).hasValue(image.digest());
    assertThat(Digests.sha256(byTag.body())).isEqualTo(image.digest());
    assertThat(byDigest.body()).isEqualTo(byTag.body());
  }

  @Test
  void head_hasSizeAndNoBody() throws Exception {
    var response = client.send("HEAD", path, new byte[0]);

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValueAsLong("content-length")).hasValue(blob.length);
    assertThat(response.headers().firstValue("accept-ranges")).hasValue("bytes");
    assertThat(response.body()).isEmpty();
    assertThat(registry.counters().bodyBytes()).isZero();
  }

  @Test
  void wholeBlob() throws Exception {
    var response = client.get(path);

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo(blob);
  }

  @ParameterizedTest
  @CsvSource({"10-19, 10, 20", "0-0, 0, 1", "50-, 50, -1", "50-99999999, 50, -1", "-7, -7, -1"})
  void singleRange(String spec, int from, int to) throws Exception {
    var first = from < 0 ? blob.length + from : from;
    var end = to < 0 ? blob.length : to;

    var response = client.get(path, "Range", "bytes=" + spec);

    assertThat(response.statusCode()).isEqualTo(206);
    assertThat(response.headers().firstValue("content-range"))
        .hasValue("bytes " + first + "-" + (end - 1) + "/" + blob.length);
    assertThat(response.body()).isEqualTo(Arrays.copyOfRange(blob, first, end));
  }

  @ParameterizedTest
  @ValueSource(strings = {"bytes=99999999-", "bytes=99999999-100000000", "bytes=5-4", "bytes=-0"})
  void unsatisfiableRange_416(String range) throws Exception {
    var response = client.get(path, "Range", range);

    assertThat(response.statusCode()).isEqualTo(416);
    assertThat(response.headers().firstValue("content-range")).hasValue("bytes */" + blob.length);
  }

  @ParameterizedTest
  @ValueSource(strings = {"lines=1-2", "bytes=a-b", "bytes=-", "bytes=1-2,x"})
  void unreadableRange_isIgnored(String range) throws Exception {
    assertThat(client.get(path, "Range", range).statusCode()).isEqualTo(200);
  }

  @Test
  void severalRanges_multipart() throws Exception {
    var response = client.get(path, "Range", "bytes=0-3,10-11");
    var size = blob.length;

    assertThat(response.statusCode()).isEqualTo(206);
    var type = response.headers().firstValue("content-type").orElseThrow();
    assertThat(type).startsWith("multipart/byteranges; boundary=");
    var mark = "--" + type.substring(type.indexOf('=') + 1);
    assertThat(latin1(response))
        .isEqualTo(
            latin1(mark, "0-3/" + size, Arrays.copyOfRange(blob, 0, 4))
                + "\r\n"
                + latin1(mark, "10-11/" + size, Arrays.copyOfRange(blob, 10, 12))
                + "\r\n"
                + mark
                + "--\r\n");
  }

  @Test
  void severalRanges_thatExceedTheBlob_getTheBlob() throws Exception {
    assertThat(client.get(path, "Range", "bytes=0-,0-").body()).isEqualTo(blob);
  }

  @Test
  void unknownThings_404() throws Exception {
    var none = "sha256:" + "0".repeat(64);

    for (var missing :
        new String[] {
          "/v2/lib/app/manifests/2",
          "/v2/other/manifests/1",
          "/v2/lib/app/blobs/" + none,
          "/v2/lib/app/blobs/sha256:../../../etc/passwd",
          "/v2/other/tags/list",
          "/v3/"
        }) {
      var response = client.get(missing);
      assertThat(response.statusCode()).as(missing).isEqualTo(404);
      assertThat(new String(response.body(), UTF_8)).contains("\"errors\"");
    }
  }

  @Test
  void tags_areListed() throws Exception {
    assertThat(new String(client.get("/v2/lib/app/tags/list").body(), UTF_8))
        .isEqualTo("{\"name\":\"lib/app\",\"tags\":[\"1\"]}");
  }

  @Test
  void counters_countRequestsRangesAndBytes() throws Exception {
    var response = client.get(path, "Range", "bytes=0-9");
    assertThat(response.body()).hasSize(10);
    client.get(path);
    client.get("/v2/");

    var counters = registry.counters();
    assertThat(counters.requests()).isEqualTo(3);
    assertThat(counters.rangeRequests()).isEqualTo(1);
    assertThat(counters.connections()).isEqualTo(1);
    assertThat(counters.blob(layer.digest()).requests()).isEqualTo(2);
    assertThat(counters.blob(layer.digest()).bodyBytes()).isEqualTo(10L + blob.length);
    assertThat(counters.bodyBytes()).isEqualTo(10L + blob.length + 2);

    registry.resetCounters();
    assertThat(registry.counters().requests()).isZero();
  }

  @Test
  void close_endsConnectionsAndIsIdempotent() throws Exception {
    client.get("/v2/");
    assertThat(registry.openConnections()).isEqualTo(1);

    registry.close();
    registry.close();

    assertThat(registry.openConnections()).isZero();
  }

  private static String latin1(HttpResponse<byte[]> response) {
    return new String(response.body(), ISO_8859_1);
  }

  private static String latin1(String mark, String range, byte[] bytes) {
    return mark
        + "\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes "
        + range
        + "\r\n\r\n"
        + new String(bytes, ISO_8859_1);
  }
}
