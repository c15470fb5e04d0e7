package dev.lazuli.registry;

import static dev.lazuli.registry.ClientRig.bytes;
import static java.util.Arrays.copyOfRange;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobTail;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.RegistryException;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class BlobTailTest {
  private static final byte[] BLOB = bytes(1_000_000);

  @Test
  void tail_ofUnknownSize_isOneRequest_andTellsTheSize() throws Exception {
    try (var server = new ScriptedServer((request, reply) -> suffix(request, reply, BLOB));
        var rig = new ClientRig()) {
      var blob = blob(rig, server);

      assertThat(tail(blob, 1000)).isEqualTo(copyOfRange(BLOB, 999_000, 1_000_000));
      assertThat(blob.size()).isEqualTo(BLOB.length);
      assertThat(server.requests).hasSize(1);
    }
  }

  @Test
  void tail_ofKnownSize_isAnOrdinaryRange() throws Exception {
    try (var server = new ScriptedServer((request, reply) -> reply.range(request, BLOB));
        var rig = new ClientRig()) {
      assertThat(tail(rig.blob(server, BLOB), 1000))
          .isEqualTo(copyOfRange(BLOB, 999_000, 1_000_000));
    }
  }

  @Test
  void smallBlob_comesWhole_asARangeOrWithout() throws Exception {
    for (boolean ranges : new boolean[] {true, false}) {
      try (var server =
              new ScriptedServer(
                  (request, reply) -> {
                    if (ranges) {
                      suffix(request, reply, BLOB);
                    } else {
                      reply.send(200, BLOB);
                    }
                  });
          var rig = new ClientRig()) {
        var blob = blob(rig, server);

        assertThat(tail(blob, 2_000_000)).isEqualTo(BLOB);
        assertThat(blob.size()).isEqualTo(BLOB.length);
        assertThat(server.requests).hasSize(1);
      }
    }
  }

  @Test
  void tail_thatBreaksOff_isTakenUpWhereItEnded() throws Exception {
    try (var server =
            new ScriptedServer(
                (request, reply) -> {
                  if (isSuffix(request)) {
                    reply.head(
                        206,
                        "Content-Range: bytes 500000-999999/1000000",
                        "Content-Length: 500000");
                    reply.raw(BLOB, 500_000, 700_000);
                    reply.end();
                  } else {
                    reply.range(request, BLOB);
                  }
                });
        var rig = new ClientRig()) {
      assertThat(tail(blob(rig, server), 500_000)).isEqualTo(copyOfRange(BLOB, 500_000, 1_000_000));
    }
  }

  @Test
  void hostWithoutSuffixes_isAskedForTheSize_andNotTriedAgain() throws Exception {
    for (int status : new int[] {200, 400, 416, 501}) {
      try (var server =
              new ScriptedServer(
                  (request, reply) -> {
                    if (request.method().equals("HEAD")) {
                      reply.head(200, "Content-Length: 1000000");
                    } else if (isSuffix(request)) {
                      reply.send(status, BLOB);
                    } else {
                      reply.range(request, BLOB);
                    }
                  });
          var rig = new ClientRig()) {
        assertThat(tail(blob(rig, server), 1000))
            .as("status %d", status)
            .isEqualTo(copyOfRange(BLOB, 999_000, 1_000_000));
        assertThat(tail(blob(rig, server), 10)).isEqualTo(copyOfRange(BLOB, 999_990, 1_000_000));
        assertThat(server.requests.stream().filter(BlobTailTest::isSuffix)).hasSize(1);
      }
    }
  }

  @Test
  void hostThatSendsAnotherRange_isAskedForTheSize() throws Exception {
    for (var lie : new String[] {"0-999/1000000", "999000-999999/*", "998000-999999/1000000"}) {
      try (var server =
              new ScriptedServer(
                  (request, reply) -> {
                    if (request.method().equals("HEAD")) {
                      reply.head(200, "Content-Length: 1000000");
                    } else if (isSuffix(request)) {
                      reply.send(206, new byte[1000], "Content-Range: bytes " + lie);
                    } else {
                      reply.range(request, BLOB);
                    }
                  });
          var rig = new ClientRig()) {
        assertThat(tail(blob(rig, server), 1000))
            .as(lie)
            .isEqualTo(copyOfRange(BLOB, 999_000, 1_000_000));
      }
    }
  }

  @Test
  void missingBlob_isAnError() throws Exception {
    try (var server = new ScriptedServer((request, reply) -> reply.send(404, "no such blob"));
        var rig = new ClientRig()) {
      assertThatThrownBy(() -> tail(blob(rig, server), 1000))
          .isInstanceOf(RegistryException.class)
          .hasMessageContaining("404");
    }
  }

  @Test
  void emptyBlob_hasNoTail() throws Exception {
    try (var server =
            new ScriptedServer(
                (request, reply) -> {
                  if (request.method().equals("HEAD")) {
                    reply.head(200, "Content-Length: 0");
                  } else {
                    reply.send(416, "");
                  }
                });
        var rig = new ClientRig()) {
      assertThat(tail(blob(rig, server), 1000)).isEmpty();
    }
  }

  private static RegistryBlob blob(ClientRig rig, ScriptedServer server) {
    return rig.client.blob(
        ImageReference.parse(server.host() + "/some/image:1"), Digest.sha256(BLOB), -1);
  }

  private static boolean isSuffix(ScriptedServer.Request request) {
    return String.valueOf(request.header("range")).startsWith("bytes=-");
  }

  private static void suffix(
      ScriptedServer.Request request, ScriptedServer.Reply reply, byte[] blob) throws IOException {
    var wanted = Integer.parseInt(("" + request.header("range")).replace("bytes=-", ""));
    int first = Math.max(0, blob.length - wanted);
    reply.send(
        206,
        copyOfRange(blob, first, blob.length),
        "Content-Range: bytes " + first + "-" + (blob.length - 1) + "/" + blob.length);
  }

  private static byte[] tail(RegistryBlob blob, long most) throws IOException {
    try (BlobTail tail = blob.openTail(most)) {
      assertThat(tail.offset()).isEqualTo(blob.size() - tail.length());
      return tail.read();
    }
  }
}
