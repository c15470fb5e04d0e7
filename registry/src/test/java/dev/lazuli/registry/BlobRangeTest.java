package dev.lazuli.registry;

import static dev.lazuli.registry.ClientRig.bytes;
import static dev.lazuli.registry.ClientRig.read;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Arrays.copyOfRange;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.RegistryException;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class BlobRangeTest {
  private static final byte[] BLOB = bytes(1_000_000);

  @Test
  void ranges_delivered_exactly_over_one_connection() throws Exception {
    try (var server = new ScriptedServer((request, reply) -> reply.range(request, BLOB));
        var rig = new ClientRig()) {
      var source = rig.blob(server, BLOB);

      assertThat(read(source, 0, BLOB.length)).isEqualTo(BLOB);
      assertThat(read(source, 999_999, 1)).isEqualTo(copyOfRange(BLOB, 999_999, 1_000_000));
      assertThat(read(source, 500, 300_000)).isEqualTo(copyOfRange(BLOB, 500, 300_500));

      assertThat(server.connections).hasValue(1);
      assertThat(server.requests.getLast().header("range")).isEqualTo("bytes=500-300499");
      assertThat(server.requests.getLast().header("accept-encoding")).isEqualTo("identity");
      assertThat(server.requests.getLast().header("host")).isEqualTo(server.host());
    }
  }

  @Test
  void range_outside_of_the_blob_is_refused_without_a_request() throws Exception {
    try (var server = new ScriptedServer((request, reply) -> reply.range(request, BLOB));
        var rig = new ClientRig()) {
      var source = rig.blob(server, BLOB);

      assertThatThrownBy(() -> source.open(999_999, 2)).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> source.open(-1, 2)).isInstanceOf(IOException.class);
      assertThat(server.requests).isEmpty();
    }
  }

  @Test
  void range_ignored_by_the_server_skips_and_stops() throws Exception {
    try (var server = new ScriptedServer((request, reply) -> reply.send(200, BLOB));
        var rig = new ClientRig()) {
      assertThat(read(rig.blob(server, BLOB), 400_000, 1000))
          .isEqualTo(copyOfRange(BLOB, 400_000, 401_000));
    }
  }

  @Test
  void chunked_body_is_a_body_too() throws Exception {
    try (var server =
            new ScriptedServer(
                (request, reply) -> {
                  reply.head(206, "Content-Range: bytes 0-9/1000000", "Transfer-Encoding: chunked");
                  reply.raw("4\r\n".getBytes(US_ASCII));
                  reply.raw(BLOB, 0, 4);
                  reply.raw("\r\n6\r\n".getBytes(US_ASCII));
                  reply.raw(BLOB, 4, 10);
                  reply.raw("\r\n0\r\n\r\n".getBytes(US_ASCII));
                });
        var rig = new ClientRig()) {
      assertThat(read(rig.blob(server, BLOB), 0, 10)).isEqualTo(copyOfRange(BLOB, 0, 10));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void body_that_breaks_off_is_taken_up_where_it_ended(boolean reset) throws Exception {
    var count = new AtomicInteger();
    try (var server =
            new ScriptedServer(
                (request, reply) -> {
                  if (count.incrementAndGet() > 3) {
                    reply.range(request, BLOB);
                    return;
                  }
                  int first = request.firstByte();
                  reply.head(
                      206,
                      "Content-Range: bytes " + first + "-999999/1000000",
                      "Content-Length: " + (1_000_000 - first));
                  reply.raw(BLOB, first, first + 200_000);
                  Thread.sleep(100); // The client has read what came before the end.
                  if (reset) {
                    reply.reset();
                  } else {
                    reply.end();
                  }
                });
        var rig = new ClientRig()) {
      assertThat(read(rig.blob(server, BLOB), 0, BLOB.length)).isEqualTo(BLOB);
      assertThat(server.requests).hasSize(4);
    }
  }

  @Test
  void body_that_always_breaks_off_is_an_error_that_says_where() throws Exception {
    try (var server =
            new ScriptedServer(
                (request, reply) -> {
                  reply.head(206, "Content-Range: bytes 0-99/1000000", "Content-Length: 100");
                  reply.end();
                });
        var rig = new ClientRig(options -> options.attempts(3))) {
      var source = rig.blob(server, BLOB);

      assertThatThrownBy(() -> read(source, 0, 100))
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining("bytes 0-99")
          .hasMessageContaining(server.host());
    }
  }

  @Test
  void stalled_body_times_out_and_is_taken_up_again() throws Exception {
    var count = new AtomicInteger();
    try (var server =
            new ScriptedServer(
                (request, reply) -> {
                  if (count.incrementAndGet() > 1) {
                    reply.range(request, BLOB);
                    return;
                  }
                  var begun = new ByteArrayOutputStream();
                  begun.writeBytes(
                      "HTTP/1.1 206 x\r\nContent-Range: bytes 0-999999/1000000\r\nContent-Length: 1000000\r\n\r\n"
                          .getBytes(US_ASCII));
                  begun.write(BLOB, 0, 77);
                  reply.raw(begun.toByteArray());
                });
        var rig = new ClientRig(options -> options.idleBodyTimeout(Duration.ofMillis(700)))) {
      assertThat(read(rig.blob(server, BLOB), 0, BLOB.length)).isEqualTo(BLOB);
      assertThat(server.requests.get(1).header("range")).isEqualTo("bytes=77-999999");
    }
  }

  @Test
  void body_slower_than_the_idle_timeout_as_a_whole_is_fine() throws Exception {
    try (var server =
            new ScriptedServer(
                (request, reply) -> {
                  reply.head(206, "Content-Range: bytes 0-9/1000000", "Content-Length: 10");
                  for (int i = 0; i < 10; i++) {
                    Thread.sleep(250); // In all, longer than the timeout.
                    reply.raw(BLOB, i, i + 1);
                  }
                });
        var rig = new ClientRig(options -> options.idleBodyTimeout(Duration.ofSeconds(2)))) {
      assertThat(read(rig.blob(server, BLOB), 0, 10)).isEqualTo(copyOfRange(BLOB, 0, 10));
      assertThat(server.requests).hasSize(1);
    }
  }

  @Test
  void reader_that_is_slow_keeps_the_server_waiting() throws Exception {
    byte[] big = bytes(64 << 20);
    var sent = new AtomicInteger();
    try (var server =
            new ScriptedServer(
                (request, reply) -> {
                  int first = request.firstByte();
                  reply.head(
                      206,
                      "Content-Range: bytes %d-%d/%d".formatted(first, big.length - 1, big.length),
                      "Content-Length: " + (big.length - first));
                  for (int at = first; at < big.length; at += 64 << 10) {
                    int end = Math.min(big.length, at + (64 << 10));
                    reply.raw(big, at, end);
                    sent.addAndGet(end - at);
                  }
                });
        var rig = new ClientRig(options -> options.idleBodyTimeout(Duration.ofMillis(700)));
        BlobStream stream = rig.blob(server, big).open(0, big.length)) {
      assertThat(stream.next()).isNotNull();
      Thread.sleep(1000); // A reader that pauses for longer than the timeout.

      assertThat(sent.get()).isLessThan(24 << 20);
      assertThat(rig.client.buffersInUse()).isLessThanOrEqualTo(4);

      long left = big.length;
      for (ByteBuffer piece = stream.next(); piece != null; piece = stream.next()) {
        left -= piece.remaining();
      }
      assertThat(left).isBetween(1L, 64L << 10);
    }
  }

  @Test
  void close_of_another_thread_ends_a_waiting_reader() throws Exception {
    try (var server =
            new ScriptedServer(
                (request, reply) -> {
                  reply.head(206, "Content-Range: bytes 0-9/1000000", "Content-Length: 10");
                  reply.raw(BLOB, 0, 5);
                });
        var rig = new ClientRig()) {
      BlobStream stream = rig.blob(server, BLOB).open(0, 10);
      var read = new AtomicInteger();
      var reading =
          CompletableFuture.supplyAsync(
              () -> {
                try (stream) {
                  for (ByteBuffer p = stream.next(); p != null; p = stream.next()) {
                    read.addAndGet(p.remaining());
                  }
                  return "end";
                } catch (IOException e) {
                  return e.getMessage();
                }
              });
      Eventually.until(() -> read.get() == 5);

      stream.close();

      assertThat(reading.get(30, TimeUnit.SECONDS)).contains("closed");
    }
  }

  @Test
  void stream_closed_early_drops_the_connection_but_leaks_nothing() throws Exception {
    try (var server = new ScriptedServer((request, reply) -> reply.range(request, BLOB));
        var rig = new ClientRig()) {
      var source = rig.blob(server, BLOB);
      for (int i = 0; i < 20; i++) {
        try (BlobStream stream = source.open(0, BLOB.length)) {
          assertThat(stream.next()).isNotNull();
        }
      }
      rig.assertNothingLeaked();

      assertThat(read(source, 5, 5)).isEqualTo(copyOfRange(BLOB, 5, 10));
    }
  }

  @Test
  void resting_connection_closed_by_the_server_is_replaced_unnoticed() throws Exception {
    try (var server =
            new ScriptedServer(
                (request, reply) -> {
                  reply.range(request, BLOB);
                  reply.end();
                });
        var rig = new ClientRig(options -> options.attempts(1))) {
      var source = rig.blob(server, BLOB);
      for (int i = 0; i < 50; i++) {
        assertThat(read(source, i, 10)).isEqualTo(copyOfRange(BLOB, i, i + 10));
      }
    }
  }

  @Test
  void unsatisfiable_range_with_a_lying_length_is_an_error_at_once() throws Exception {
    try (var server =
            new ScriptedServer(
                (request, reply) -> {
                  reply.head(416, "Content-Length: 1000000");
                  reply.raw("invalid content range of 33 bytes".getBytes(US_ASCII));
                });
        var rig = new ClientRig()) {
      long start = System.nanoTime();

      assertThatThrownBy(() -> read(rig.blob(server, BLOB), 0, 10))
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining("status 416");

      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(ClientRig.PATIENCE);
      assertThat(server.requests).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Range: bytes 1-10/1000000",
        "Content-Range: bytes 0-9/999",
        "Content-Range: bytes 9-0/1000000",
        "Content-Range: elephants",
        "X-None: 1",
      })
  void part_that_is_not_what_was_asked_for_is_refused(String contentRange) throws Exception {
    try (var server =
            new ScriptedServer(
                (request, reply) -> reply.send(206, copyOfRange(BLOB, 0, 10), contentRange));
        var rig = new ClientRig(options -> options.attempts(2))) {
      assertThatThrownBy(() -> read(rig.blob(server, BLOB), 0, 10))
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining("status 206");
    }
  }

  @Test
  void unknown_total_is_taken() throws Exception {
    try (var server =
            new ScriptedServer(
                (request, reply) ->
                    reply.send(206, copyOfRange(BLOB, 0, 10), "Content-Range: bytes 0-9/*"));
        var rig = new ClientRig()) {
      assertThat(read(rig.blob(server, BLOB), 0, 10)).isEqualTo(copyOfRange(BLOB, 0, 10));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {408, 429, 500, 502, 503, 504})
  void passing_failure_is_tried_again(int status) throws Exception {
    var count = new AtomicInteger();
    try (var server =
            new ScriptedServer(
                (request, reply) -> {
                  if (count.incrementAndGet() < 3) {
                    reply.send(status, "busy");
                  } else {
                    reply.range(request, BLOB);
                  }
                });
        var rig = new ClientRig()) {
      assertThat(read(rig.blob(server, BLOB), 0, 10)).isEqualTo(copyOfRange(BLOB, 0, 10));
      assertThat(server.requests).hasSize(3);
    }
  }

  @Test
  void lasting_failure_is_told_with_the_registry_s_words() throws Exception {
    try (var server =
            new ScriptedServer(
                (request, reply) ->
                    reply.send(
                        404,
                        "{\"errors\":[{\"code\":\"BLOB_UNKNOWN\",\"message\":\"no such blob\"}]}"));
        var rig = new ClientRig()) {
      assertThatThrownBy(() -> read(rig.blob(server, BLOB), 0, 10))
          .isInstanceOfSatisfying(
              RegistryException.class,
              e -> {
                assertThat(e.isNotFound()).isTrue();
                assertThat(e.host()).isEqualTo(server.host());
              })
          .hasMessageContaining("BLOB_UNKNOWN: no such blob");
      assertThat(server.requests).hasSize(1);
    }
  }

  @Test
  void retry_after_is_respected() throws Exception {
    var count = new AtomicInteger();
    try (var server =
            new ScriptedServer(
                (request, reply) -> {
                  if (count.incrementAndGet() == 1) {
                    reply.send(429, "", "Retry-After: 1");
                  } else {
                    reply.range(request, BLOB);
                  }
                });
        var rig = new ClientRig(o -> o.retryWait(Duration.ofMillis(1), Duration.ofMillis(900)))) {
      long start = System.nanoTime();

      assertThat(read(rig.blob(server, BLOB), 0, 10)).hasSize(10);

      assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(850));
    }
  }

  @Test
  void server_without_an_answer_times_out() throws Exception {
    try (var server = new ScriptedServer((request, reply) -> {});
        var rig = new ClientRig(o -> o.attempts(2).headersTimeout(Duration.ofMillis(200)))) {
      assertThatThrownBy(() -> read(rig.blob(server, BLOB), 0, 10))
          .hasMessageContaining("no response within 200 ms");
    }
  }

  @Test
  void refused_connection_is_an_error_that_says_so() throws Exception {
    int port;
    try (var server = new ScriptedServer((request, reply) -> {})) {
      port = server.port();
    }
    try (var rig = new ClientRig(o -> o.attempts(2))) {
      var reference = ImageReference.parse("127.0.0.1:" + port + "/a/b:1");
      var source = rig.client.blob(reference, Digest.sha256(BLOB), BLOB.length);

      assertThatThrownBy(() -> source.open(0, 1))
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining("127.0.0.1:" + port)
          .hasMessageContaining("refused");
    }
  }

  @Test
  void more_readers_than_connections_wait_their_turn() throws Exception {
    try (var server =
            new ScriptedServer(
                (request, reply) -> {
                  Thread.sleep(20); // So that the others wait.
                  reply.range(request, BLOB);
                });
        var rig = new ClientRig(o -> o.connectionsPerHost(3));
        var readers = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()) {
      var source = rig.blob(server, BLOB);
      var results = new java.util.ArrayList<java.util.concurrent.Future<byte[]>>();
      for (int i = 0; i < 40; i++) {
        int at = i * 1000;
        results.add(readers.submit(() -> read(source, at, 100_000)));
      }
      for (int i = 0; i < 40; i++) {
        assertThat(results.get(i).get()).isEqualTo(copyOfRange(BLOB, i * 1000, i * 1000 + 100_000));
      }
      assertThat(server.connections.get()).isLessThanOrEqualTo(3);
    }
  }

  @Test
  void size_asked_by_head_or_by_a_range_where_head_does_not_tell() throws Exception {
    try (var server =
            new ScriptedServer(
                (request, reply) -> {
                  if (request.method().equals("HEAD")) {
                    reply.head(405, "Content-Length: 0");
                  } else {
                    reply.range(request, BLOB);
                  }
                });
        var rig = new ClientRig()) {
      var reference = ImageReference.parse(server.host() + "/some/image:1");

      assertThat(rig.client.blob(reference, Digest.sha256(BLOB), -1).size()).isEqualTo(BLOB.length);
    }
  }

  @Test
  void host_that_gives_a_byte_at_a_time_is_an_error_after_few_requests() throws Exception {
    try (var server =
            new ScriptedServer(
                (request, reply) -> {
                  var first =
                      requireNonNull(request.header("range")).replaceAll("bytes=(\\d+)-.*", "$1");
                  reply.send(
                      206, "x", "Content-Range: bytes %s-%s/1000000".formatted(first, first));
                });
        var rig = new ClientRig(options -> options.attempts(3))) {
      assertThatThrownBy(() -> read(rig.blob(server, BLOB), 0, BLOB.length))
          .hasMessageContaining("sends only 1 bytes of the range at a time");
      assertThat(server.requests).hasSizeLessThan(10);
    }
  }

  @Test
  void body_that_drips_is_an_error_though_it_is_never_silent() throws Exception {
    try (var server =
            new ScriptedServer(
                (request, reply) -> {
                  var range =
                      requireNonNull(request.header("range")).replace('=', ' ') + "/1000000";
                  reply.head(206, "Content-Range: " + range);
                  drip(reply);
                });
        var rig =
            new ClientRig(options -> options.attempts(1).slowBodyTimeout(Duration.ofMillis(200)))) {
      assertThatThrownBy(() -> read(rig.blob(server, BLOB), 0, BLOB.length))
          .hasMessageContaining("too slow");
    }
  }

  /** Sends a byte now and then until the client has had enough. */
  private static void drip(ScriptedServer.Reply reply) throws Exception {
    while (true) {
      reply.raw(new byte[1]);
      Thread.sleep(10);
    }
  }
}
