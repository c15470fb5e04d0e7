package dev.lazuli.registry;

import static dev.lazuli.registry.ClientRig.bytes;
import static dev.lazuli.registry.ClientRig.read;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Arrays.copyOfRange;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.estargz.BlobStream;
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

/** Bodies of blobs that break off, stall, or are read slowly. */
@Timeout(120)
final class BlobBodyTest {
  private static final byte[] BLOB = bytes(1_000_000);

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
