package dev.lazuli.testimages.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.registry.BlobContent;
import dev.lazuli.demo.registry.RegistryRequest;
import dev.lazuli.demo.registry.RegistryRequest.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every fault, seen by a plain socket or a plain HTTP client. */
final class FaultTest {
  private static final String DIGEST = "sha256:" + "a".repeat(64);
  private static final String PATH = "/v2/a/blobs/" + DIGEST;
  private static final int SIZE = 1_000_000;
  private static final int COUNT = 2000;

  private TestRegistry registry;
  private TestClient client;
  private byte[] blob;

  @BeforeEach
  void start() throws Exception {
    registry = TestRegistry.start();
    client = new TestClient(registry);
    var content = FileContent.generated(SIZE, 1);
    blob = content.open().readAllBytes();
    registry.serveBlob(DIGEST, BlobContent.of(content));
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    registry.close();
  }

  @Test
  void reset_cutsTheBodyWithAnRst() throws Exception {
    registry.faults().next(RegistryRequest.anyBlob(), new Fault.Reset(100_000));

    try (var socket = request("GET " + PATH)) {
      assertThatThrownBy(() -> socket.getInputStream().readAllBytes())
          .isInstanceOf(SocketException.class)
          .hasMessageContaining("reset");
    }
    assertThat(registry.counters().blob(DIGEST).bodyBytes()).isLessThanOrEqualTo(100_000);
  }

  @Test
  void shortBody_endsTheConnectionEarly() throws Exception {
    registry.faults().next(RegistryRequest.anyBlob(), new Fault.ShortBody(100_000));

    try (var socket = request("GET " + PATH)) {
      var answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      var bodyAt = answer.indexOf("\r\n\r\n") + 4;
      assertThat(answer).contains("content-length: " + SIZE);
      assertThat(answer.length() - bodyAt).isEqualTo(100_000);
    }
  }

  @Test
  void noAnswer_closesTheConnection() throws Exception {
    registry.faults().next(RegistryRequest.anyBlob(), new Fault.NoAnswer());

    try (var socket = request("GET " + PATH)) {
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void wrongBytes_areWhereTheyWereOrdered() throws Exception {
    registry.faults().always(RegistryRequest.blob(DIGEST), new Fault.WrongBytes(5000, 10));
    var wrong = blob.clone();
    for (var i = 5000; i < 5010; i++) {
      wrong[i] = (byte) ~wrong[i];
    }

    assertThat(client.get(PATH).body()).isEqualTo(wrong);
    assertThat(client.get(PATH, "Range", "bytes=5005-6000").body())
        .isEqualTo(Arrays.copyOfRange(wrong, 5005, 6001));
    assertThat(client.get(PATH, "Range", "bytes=0-99").body())
        .isEqualTo(Arrays.copyOfRange(blob, 0, 100));
    var multipart = client.get(PATH, "Range", "bytes=0-9,5000-5009").body();
    assertThat(new String(multipart, StandardCharsets.ISO_8859_1))
        .contains("Content-Range: bytes 5000-5009/" + SIZE);
    assertThat(registry.faults().injected()).isEqualTo(4);
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403, 404, 416, 429, 500, 503})
  void status_comesOnceAndIsOver(int status) throws Exception {
    registry.faults().next(RegistryRequest.anyBlob(), Fault.status(status));

    assertThat(client.get(PATH, "Range", "bytes=0-9").statusCode()).isEqualTo(status);
    assertThat(client.get(PATH, "Range", "bytes=0-9").statusCode()).isEqualTo(206);
    assertThat(registry.counters().connections()).isEqualTo(1);
  }

  @Test
  void tooManyRequests_saysWhenToComeBack() throws Exception {
    registry.faults().next(RegistryRequest.anyBlob(), Fault.tooManyRequests(7));

    assertThat(client.get(PATH).headers().firstValue("retry-after")).hasValue("7");
  }

  @Test
  void ignoredRange_getsTheWholeBlob() throws Exception {
    registry.faults().always(RegistryRequest.anyBlob(), new Fault.IgnoreRange());

    var response = client.get(PATH, "Range", "bytes=10-19");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo(blob);
  }

  @Test
  void multiRange_canBeRefused_singleRangesStillWork() throws Exception {
    registry.faults().always(RegistryRequest.anyBlob(), new Fault.RefuseMultiRange());

    assertThat(client.get(PATH, "Range", "bytes=0-1,4-5").statusCode()).isEqualTo(400);
    assertThat(client.get(PATH, "Range", "bytes=0-1").statusCode()).isEqualTo(206);
  }

  @Test
  void stall_holdsTheRestBack() throws Exception {
    registry.faults().next(RegistryRequest.anyBlob(), new Fault.Stall(1000, Duration.ofHours(1)));

    try (var socket = request("GET " + PATH)) {
      readHead(socket.getInputStream());
      assertThat(socket.getInputStream().readNBytes(1000)).isEqualTo(Arrays.copyOf(blob, 1000));
      assertThat(client.get(PATH).body()).isEqualTo(blob);
      assertThat(socket.getInputStream().available()).isZero();
    }
  }

  @Test
  void stall_hasAnEnd() throws Exception {
    var pause = Duration.ofMillis(300);
    registry.faults().next(RegistryRequest.anyBlob(), new Fault.Stall(1000, pause));
    var start = System.nanoTime();

    assertThat(client.get(PATH).body()).isEqualTo(blob);

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(pause);
  }

  @Test
  void stallOfOneRequest_delaysNoOther() throws Exception {
    var hour = Duration.ofHours(1);
    registry.faults().next(RegistryRequest.anyBlob(), new Fault.Stall(0, hour));

    try (var stuck = request("GET " + PATH)) {
      readHead(stuck.getInputStream());
      assertThat(client.get(PATH).body()).isEqualTo(blob);
      assertThat(stuck.getInputStream().available()).isZero();
    }
  }

  @Test
  void slowHeaders_areSlow() throws Exception {
    var delay = Duration.ofMillis(200);
    registry.faults().next(RegistryRequest.kind(Kind.PING), new Fault.SlowHeaders(delay));
    var start = System.nanoTime();

    assertThat(client.get("/v2/").statusCode()).isEqualTo(200);

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(delay);
  }

  @Test
  void script_runsInOrder_firstRuleFirst() throws Exception {
    registry
        .faults()
        .next(RegistryRequest.anyBlob(), Fault.status(500), Fault.status(503))
        .always(
            request -> request.method().equals("HEAD"), new Fault.Answer(404, Map.of("A", "b")));

    assertThat(client.get(PATH).statusCode()).isEqualTo(500);
    assertThat(client.send("HEAD", PATH, new byte[0]).headers().firstValue("a")).hasValue("b");
    assertThat(client.get(PATH).statusCode()).isEqualTo(503);
    assertThat(client.get(PATH).statusCode()).isEqualTo(200);
    registry.faults().clear();
    assertThat(client.send("HEAD", PATH, new byte[0]).statusCode()).isEqualTo(200);
  }

  @Test
  void faultsOfUploads_comeAfterTheBody() throws Exception {
    registry.faults().next(RegistryRequest.kind(Kind.UPLOAD), Fault.status(503));

    assertThat(client.send("POST", "/v2/a/blobs/uploads/?digest=" + DIGEST, blob).statusCode())
        .isEqualTo(503);
    assertThat(client.get("/v2/").statusCode()).isEqualTo(200);
  }

  @Test
  void pipelinedRequests_areAnsweredInOrder() throws Exception {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
      socket.setSoTimeout(60_000);
      var text = new StringBuilder();
      for (var i = 0; i < COUNT; i++) {
        text.append("GET " + PATH + " HTTP/1.1\r\nHost: x\r\nRange: bytes=" + i + "-" + i);
        text.append("\r\n\r\n");
      }
      socket.getOutputStream().write(text.toString().getBytes(StandardCharsets.ISO_8859_1));
      for (var i = 0; i < COUNT; i++) {
        readHead(socket.getInputStream());
        assertThat((byte) socket.getInputStream().read()).isEqualTo(blob[i]);
      }
    }
  }

  private int port() {
    return Integer.parseInt(registry.host().substring(registry.host().indexOf(':') + 1));
  }

  private Socket request(String line) throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), port());
    socket.setSoTimeout(60_000);
    var text = line.strip() + " HTTP/1.1\r\nHost: " + registry.host() + "\r\n\r\n";
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    return socket;
  }

  private static void readHead(InputStream in) throws IOException {
    var last = 0;
    while (last != 0x0d0a0d0a) {
      var next = in.read();
      if (next < 0) {
        throw new IOException("no more headers");
      }
      last = last << 8 | next;
    }
  }
}
