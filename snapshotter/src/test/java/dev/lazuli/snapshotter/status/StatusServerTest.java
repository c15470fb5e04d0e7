package dev.lazuli.snapshotter.status;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StatusServerTest {
  private static final NodeStatus STATUS =
      new NodeStatus(
          "1.2",
          42,
          Instant.ofEpochSecond(1_700_000_000, 5_000_000),
          "/var/lib/lazuli",
          Optional.empty(),
          List.of("w"),
          123,
          0,
          new NodeUse(1, 2, 3, 4, 5, 6, 7, 8),
          List.of(),
          List.of(
              new LayerStatus(
                  "sha256:" + "ab".repeat(32),
                  "estargz",
                  MountKind.EROFS_LAZY,
                  10,
                  40,
                  20,
                  8192,
                  FetchState.BACKGROUND,
                  3,
                  2,
                  true,
                  1,
                  Optional.of("read of chunk 3: status 500"),
                  Optional.of(Instant.ofEpochSecond(1_700_000_001)),
                  List.of("registry.test/python:3"),
                  List.of("sha256:cd"),
                  1)),
          List.of(
              new Trouble(
                  Trouble.Kind.RESTORE,
                  "sha256:" + "ef".repeat(32),
                  "registry.test/a:1",
                  "chain",
                  "no",
                  Instant.ofEpochSecond(1_700_000_002),
                  3)));

  private static final Routes ROUTES =
      new Routes()
          .get("/text", Content.text("hello\n"))
          .get("/wrong", Content.json(StatusServerTest::fail))
          .post("/do", StatusServerTest::greetByName);

  @TempDir Path directory;

  private static String fail() {
    throw new IllegalStateException("a count is negative");
  }

  private static Content greetByName(Query query) throws RequestException, IOException {
    query.allowOnly(List.of("name", "size"));
    var _ = query.bytes("size");
    return switch (query.require("name")) {
      case "text" -> Content.text("hello\n");
      case "broken" -> throw new IOException("the disk is on fire");
      default -> throw new RequestException(RequestException.Reason.NOT_FOUND, "nobody\n");
    };
  }

  private Path socket() {
    return directory.resolve("s");
  }

  private StatusServer serve() throws IOException {
    return StatusServer.onSocket(socket(), new Routes().get("/status", Content.json(() -> STATUS)));
  }

  @Test
  void client_getsTheStatusAsItWas() throws IOException {
    try (var _ = serve()) {
      assertThat(new StatusClient(socket()).status()).isEqualTo(STATUS);
    }
  }

  @Test
  void socket_isForItsOwnerOnly_andGoneAfterwards() throws IOException {
    var server = serve();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket())))
        .isEqualTo("rw-------");

    server.close();
    server.close();
    assertThat(socket()).doesNotExist();
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> new StatusClient(socket()).status())
        .withMessageStartingWith("the daemon does not answer at " + socket());
  }

  @Test
  void socketOfADeadDaemon_isReplaced_thatOfALivingOneIsNot() throws IOException {
    try (var _ = serve()) {
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(this::serve)
          .withMessageContaining("another daemon");
      assertThat(new StatusClient(socket()).status()).isEqualTo(STATUS);
    }
    var stale = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    stale.bind(UnixDomainSocketAddress.of(socket()));
    stale.close();
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> new StatusClient(socket()).status())
        .withMessageEndingWith("it has stopped: journalctl -u lazuli says why");
    try (var _ = serve()) {
      assertThat(new StatusClient(socket()).status()).isEqualTo(STATUS);
    }
  }

  @Test
  void manyClients_areAllAnswered() throws Exception {
    try (var _ = serve();
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<NodeStatus>> answers =
          IntStream.range(0, 64)
              .mapToObj(_ -> threads.submit(() -> new StatusClient(socket()).status()))
              .toList();
      for (var answer : answers) {
        assertThat(answer.get()).isEqualTo(STATUS);
      }
    }
  }

  @Test
  void daemonThatTakesConnectionsAndSaysNothing_isNotWaitedForEndlessly() throws Exception {
    try (var silent = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      silent.bind(UnixDomainSocketAddress.of(socket()));

      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> new StatusClient(socket(), Duration.ofMillis(50)).status())
          .withMessageContaining("is stopped, or hangs");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GET /text HTTP/1.1 | HTTP/1.1 200 OK",
        "GET /text?x=1 HTTP/1.0 | HTTP/1.1 200 OK",
        "GET /wrong HTTP/1.1 | HTTP/1.1 500 Internal Server Error",
        "GET /other HTTP/1.1 | HTTP/1.1 404 Not Found",
        "POST /text HTTP/1.1 | HTTP/1.1 405 Method Not Allowed",
        "GET /do HTTP/1.1 | HTTP/1.1 405 Method Not Allowed",
        "POST /do HTTP/1.1 | HTTP/1.1 400 Bad Request",
        "POST /do?name=%zz HTTP/1.1 | HTTP/1.1 400 Bad Request",
        "POST /do?name=a&name=b HTTP/1.1 | HTTP/1.1 400 Bad Request",
        "POST /do?name=a&more=b HTTP/1.1 | HTTP/1.1 400 Bad Request",
        "POST /do?name=a&size=-1 HTTP/1.1 | HTTP/1.1 400 Bad Request",
        "POST /do?name=nobody HTTP/1.1 | HTTP/1.1 404 Not Found",
        "POST /do?name=broken HTTP/1.1 | HTTP/1.1 500 Internal Server Error",
        "POST /do?name=text&size=7 HTTP/1.1 | HTTP/1.1 200 OK",
        "PUT /do HTTP/1.1 | HTTP/1.1 400 Bad Request",
        "GET | HTTP/1.1 400 Bad Request",
        "'' | HTTP/1.1 400 Bad Request",
      })
  void request_getsItsStatusLine(String request, String expected) throws IOException {
    var loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    try (var server = StatusServer.onAddress(loopback, ROUTES)) {
      var address = (InetSocketAddress) server.address();
      try (var client = new Socket(address.getAddress(), address.getPort())) {
        client.getOutputStream().write((request + "\r\n\r\n").getBytes(UTF_8));
        var answer = new String(client.getInputStream().readAllBytes(), UTF_8);
        assertThat(answer).startsWith(expected + "\r\n");
        assertThat(answer.endsWith("\r\n\r\nhello\n")).isEqualTo(expected.contains("200"));
      }
    }
  }

  @Test
  void client_hearsWhyTheDaemonRefuses() throws IOException {
    try (var _ = StatusServer.onSocket(socket(), ROUTES)) {
      var client = new StatusClient(socket());
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> client.ask("POST", "/do", name("broken & +ß%"), String.class))
          .withMessage("nobody");
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> client.ask("POST", "/do", name("broken"), String.class))
          .withMessage("the disk is on fire");
    }
  }

  private static Query name(String name) {
    return new Query(Map.of("name", name));
  }

  @Test
  void query_isReadAsItWasWritten() throws RequestException {
    var query = new Query(Map.of("name", "a/b:c@d&e=f ß%+", "empty", ""));

    assertThat(Query.parse(query.encoded().substring(1))).isEqualTo(query);
  }

  @Test
  void endlessRequest_isCutOff() throws IOException {
    var loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    try (var server = StatusServer.onAddress(loopback, ROUTES)) {
      var address = (InetSocketAddress) server.address();
      try (var client = new Socket(address.getAddress(), address.getPort())) {
        client.getOutputStream().write(("GET /" + "x".repeat(8 << 10)).getBytes(UTF_8));

        assertThat(new String(client.getInputStream().readNBytes(12), UTF_8))
            .isEqualTo("HTTP/1.1 400");
      }
    }
  }

  @Test
  void addressInUse_isAnErrorThatNamesIt() throws IOException {
    var loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    try (var first = StatusServer.onAddress(loopback, new Routes())) {
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(
              () -> StatusServer.onAddress((InetSocketAddress) first.address(), new Routes()))
          .withMessageContaining("cannot serve metrics on ");
    }
  }
}
