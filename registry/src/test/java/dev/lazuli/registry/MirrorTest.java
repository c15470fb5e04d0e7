package dev.lazuli.registry;

import static dev.lazuli.registry.ClientRig.bytes;
import static dev.lazuli.registry.ClientRig.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.estargz.BlobStream;
import dev.lazuli.registry.model.Mirror;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class MirrorTest {
  private static final byte[] BLOB = bytes(300_000);
  private static final byte[] WRONG_OF_SAME_SIZE = new byte[BLOB.length];
  private static final byte[] WRONG = bytes(299_999);

  private static ClientRig rig(ScriptedServer registry, String mirror) {
    return new ClientRig(o -> o.mirrors(registry.host(), List.of(new Mirror(mirror, true))));
  }

  @Test
  void mirror_is_asked_first_and_told_for_whom() throws Exception {
    try (var mirror = new ScriptedServer((request, reply) -> reply.range(request, BLOB));
        var registry = new ScriptedServer((request, reply) -> reply.range(request, BLOB));
        var rig = rig(registry, mirror.host())) {
      assertThat(read(rig.blob(registry, BLOB), 0, 10)).hasSize(10);

      assertThat(registry.requests).isEmpty();
      assertThat(mirror.requests.getFirst().target())
          .endsWith("?ns=" + registry.host().replace(":", "%3A"));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403, 404, 500, 503})
  void registry_is_asked_where_the_mirror_fails(int status) throws Exception {
    try (var mirror = new ScriptedServer((request, reply) -> reply.send(status, "no"));
        var registry = new ScriptedServer((request, reply) -> reply.range(request, BLOB));
        var rig = rig(registry, mirror.host())) {
      assertThat(read(rig.blob(registry, BLOB), 0, 10)).hasSize(10);

      assertThat(mirror.requests).hasSize(1);
      assertThat(registry.requests).hasSize(1);
    }
  }

  @Test
  void dead_mirror_is_shunned_for_a_while() throws Exception {
    String dead;
    try (var server = new ScriptedServer((request, reply) -> {})) {
      dead = server.host();
    }
    try (var registry = new ScriptedServer((request, reply) -> reply.range(request, BLOB));
        var rig = rig(registry, dead)) {
      for (int i = 0; i < 5; i++) {
        assertThat(read(rig.blob(registry, BLOB), i, 10)).hasSize(10);
      }
      assertThat(registry.requests).hasSize(5);
    }
  }

  @Test
  void body_that_breaks_off_is_continued_by_the_registry() throws Exception {
    var count = new AtomicInteger();
    try (var mirror =
            new ScriptedServer(
                (request, reply) -> {
                  if (count.incrementAndGet() > 1) {
                    reply.send(404, "gone");
                    return;
                  }
                  reply.head(206, "Content-Range: bytes 0-299999/300000", "Content-Length: 300000");
                  reply.raw(BLOB, 0, 100_000);
                  reply.end();
                });
        var registry = new ScriptedServer((request, reply) -> reply.range(request, BLOB));
        var rig = rig(registry, mirror.host())) {
      assertThat(read(rig.blob(registry, BLOB), 0, 300_000)).isEqualTo(BLOB);
      assertThat(registry.requests.getFirst().firstByte()).isPositive();
    }
  }

  @Test
  void mirror_whose_bodies_always_break_off_is_left_for_the_registry() throws Exception {
    try (var mirror =
            new ScriptedServer(
                (request, reply) -> {
                  int first = request.firstByte();
                  reply.head(
                      206,
                      "Content-Range: bytes %d-299999/300000".formatted(first),
                      "Content-Length: " + (300_000 - first));
                  reply.raw(BLOB, first, first + 10);
                  reply.end();
                });
        var registry = new ScriptedServer((request, reply) -> reply.range(request, BLOB));
        var rig = rig(registry, mirror.host())) {
      assertThat(read(rig.blob(registry, BLOB), 0, 300_000)).isEqualTo(BLOB);

      assertThat(mirror.requests).hasSize(1);
      assertThat(registry.requests.getFirst().firstByte()).isLessThanOrEqualTo(10);
    }
  }

  @Test
  void mirror_whose_range_was_not_delivered_in_time_is_left_for_the_registry() throws Exception {
    try (var mirror = new ScriptedServer((request, reply) -> reply.range(request, BLOB));
        var registry = new ScriptedServer((request, reply) -> reply.range(request, BLOB));
        var rig = rig(registry, mirror.host())) {
      RegistryBlob blob = rig.blob(registry, BLOB);
      assertThat(read(blob, 10, 5)).hasSize(5);
      blob.brokeOff(20, 5); // Nobody delivered these.
      assertThat(read(blob, 10, 5)).hasSize(5);
      blob.brokeOff(10, 5);

      assertThat(read(blob, 10, 5)).isEqualTo(java.util.Arrays.copyOfRange(BLOB, 10, 15));
      assertThat(mirror.requests).hasSize(2);
      assertThat(registry.requests).hasSize(1);
    }
  }

  @Test
  void host_that_gave_wrong_bytes_is_not_asked_again() throws Exception {
    try (var mirror =
            new ScriptedServer(
                (request, reply) -> reply.send(206, "wrong", "Content-Range: bytes 0-4/300000"));
        var registry = new ScriptedServer((request, reply) -> reply.range(request, BLOB));
        var rig = rig(registry, mirror.host())) {
      RegistryBlob blob = rig.blob(registry, BLOB);
      try (BlobStream stream = blob.open(0, 5)) {
        assertThat(stream.next()).isNotNull();
        blob.distrust(stream);
      }

      assertThat(read(blob, 0, 5)).isEqualTo(java.util.Arrays.copyOf(BLOB, 5));
      assertThat(mirror.requests).hasSize(1);
    }
  }

  @Test
  void host_of_a_range_with_wrong_bytes_is_not_asked_again() throws Exception {
    try (var mirror =
            new ScriptedServer((request, reply) -> reply.range(request, WRONG_OF_SAME_SIZE));
        var registry = new ScriptedServer((request, reply) -> reply.range(request, BLOB));
        var rig = rig(registry, mirror.host())) {
      RegistryBlob blob = rig.blob(registry, BLOB);
      assertThat(read(blob, 10, 5)).isEqualTo(new byte[5]);
      blob.wrongBytes(20, 5); // Nobody delivered these.
      assertThat(read(blob, 10, 5)).isEqualTo(new byte[5]);
      blob.wrongBytes(14, 5);

      assertThat(read(blob, 10, 5)).isEqualTo(java.util.Arrays.copyOfRange(BLOB, 10, 15));
      assertThat(mirror.requests).hasSize(2);
    }
  }

  @Test
  void mirror_with_another_blob_is_not_used() throws Exception {
    try (var mirror = new ScriptedServer((request, reply) -> reply.range(request, WRONG));
        var registry = new ScriptedServer((request, reply) -> reply.range(request, BLOB));
        var rig = rig(registry, mirror.host())) {
      assertThat(read(rig.blob(registry, BLOB), 0, 300_000)).isEqualTo(BLOB);
    }
  }

  @Test
  void error_names_the_registry_and_keeps_the_mirror_s() throws Exception {
    try (var mirror = new ScriptedServer((request, reply) -> reply.send(403, "no"));
        var registry = new ScriptedServer((request, reply) -> reply.send(404, "none"));
        var rig = rig(registry, mirror.host())) {
      assertThatThrownBy(() -> read(rig.blob(registry, BLOB), 0, 10))
          .hasMessageContaining(registry.host() + ": status 404")
          .satisfies(
              e ->
                  assertThat(e.getSuppressed()[0])
                      .hasMessageContaining(mirror.host() + ": status 403"));
    }
  }
}
