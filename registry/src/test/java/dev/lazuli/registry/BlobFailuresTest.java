package dev.lazuli.registry;

import static dev.lazuli.registry.ClientRig.bytes;
import static dev.lazuli.registry.ClientRig.read;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Arrays.copyOfRange;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.RegistryException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers to requests for blobs that are errors, or not what was asked for. */
@Timeout(120)
final class BlobFailuresTest {
  private static final byte[] BLOB = bytes(1_000_000);

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
}
