package dev.lazuli.registry;

import static dev.lazuli.registry.ClientRig.bytes;
import static dev.lazuli.registry.ClientRig.read;
import static java.util.Arrays.copyOfRange;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.model.ImageReference;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class BlobRangeTest {
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
  void unknown_total_is_taken() throws Exception {
    try (var server =
            new ScriptedServer(
                (request, reply) ->
                    reply.send(206, copyOfRange(BLOB, 0, 10), "Content-Range: bytes 0-9/*"));
        var rig = new ClientRig()) {
      assertThat(read(rig.blob(server, BLOB), 0, 10)).isEqualTo(copyOfRange(BLOB, 0, 10));
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
}
