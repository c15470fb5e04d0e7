package dev.lazuli.registry;

import static dev.lazuli.registry.ClientRig.bytes;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Arrays.copyOfRange;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.estargz.BlobRanges;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.ByteRange;
import dev.lazuli.registry.ScriptedServer.Reply;
import dev.lazuli.registry.ScriptedServer.Request;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class MultiRangeTest {
  private static final byte[] BLOB = bytes(1_000_000);
  private static final List<ByteRange> RANGES =
      List.of(
          new ByteRange(0, 10),
          new ByteRange(1000, 200_000),
          new ByteRange(500_000, 1),
          new ByteRange(999_000, 1000));

  private static List<ByteRange> asked(Request request) {
    var ranges = new ArrayList<ByteRange>();
    for (String range :
        request.headers().getOrDefault("range", "bytes=0-0").substring(6).split(",", -1)) {
      String[] ends = range.split("-", 2);
      long first = Long.parseLong(ends[0]);
      ranges.add(new ByteRange(first, Long.parseLong(ends[1]) - first + 1));
    }
    return ranges;
  }

  private static byte[] multipart(List<ByteRange> ranges) {
    var body = new ByteArrayOutputStream();
    for (ByteRange range : ranges) {
      body.writeBytes(
          ("\r\n--b0undary\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes "
                  + range
                  + "/1000000\r\n\r\n")
              .getBytes(US_ASCII));
      body.write(BLOB, (int) range.offset(), (int) range.length());
    }
    body.writeBytes("\r\n--b0undary--\r\n".getBytes(US_ASCII));
    return body.toByteArray();
  }

  private static void answer(Request request, Reply reply) throws IOException {
    List<ByteRange> ranges = asked(request);
    if (ranges.size() == 1) {
      reply.range(request, BLOB);
    } else {
      reply.send(206, multipart(ranges), "Content-Type: multipart/byteranges; boundary=b0undary");
    }
  }

  private static void assertAllRight(RegistryBlob blob, List<ByteRange> ranges) throws IOException {
    try (BlobRanges open = blob.open(ranges)) {
      for (ByteRange range : ranges) {
        BlobStream stream = requireNonNull(open.next());
        assertThat(all(stream))
            .isEqualTo(copyOfRange(BLOB, (int) range.offset(), (int) range.end()));
      }
      assertThat(open.next()).isNull();
    }
  }

  private static byte[] all(BlobStream stream) throws IOException {
    var all = new ByteArrayOutputStream();
    for (ByteBuffer piece = stream.next(); piece != null; piece = stream.next()) {
      var copy = new byte[piece.remaining()];
      piece.get(copy);
      all.writeBytes(copy);
    }
    return all.toByteArray();
  }

  @Test
  void many_ranges_in_one_request() throws Exception {
    try (var server = new ScriptedServer(MultiRangeTest::answer);
        var rig = new ClientRig()) {
      RegistryBlob blob = rig.blob(server, BLOB);

      assertAllRight(blob, RANGES);
      assertAllRight(blob, RANGES);

      assertThat(server.requests).hasSize(2);
      assertThat(server.connections).hasValue(1);
      assertThat(blob.rangesAtOnce()).isEqualTo(100);
    }
  }

  @Test
  void ranges_may_be_left_half_read() throws Exception {
    try (var server = new ScriptedServer(MultiRangeTest::answer);
        var rig = new ClientRig();
        BlobRanges open = rig.blob(server, BLOB).open(RANGES)) {
      assertThat(open.next()).isNotNull();
      BlobStream second = requireNonNull(open.next());
      assertThat(second.next()).isNotNull();
      assertThat(open.next()).isNotNull();
      BlobStream last = requireNonNull(open.next());

      assertThat(all(last)).isEqualTo(copyOfRange(BLOB, 999_000, 1_000_000));
      assertThat(server.requests).hasSize(1);
    }
  }

  @Test
  void neighbours_joined_by_the_server_are_cut_apart() throws Exception {
    try (var server =
            new ScriptedServer(
                (request, reply) ->
                    reply.send(
                        206,
                        multipart(
                            List.of(new ByteRange(0, 600_000), new ByteRange(900_000, 100_000))),
                        "Content-Type: multipart/byteranges; charset=x; boundary=\"b0undary\""));
        var rig = new ClientRig()) {
      assertAllRight(rig.blob(server, BLOB), RANGES);
      assertThat(server.requests).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 206, 400, 416, 501})
  void host_that_cannot_is_asked_singly_and_remembered(int status) throws Exception {
    try (var server =
            new ScriptedServer(
                (request, reply) -> {
                  if (asked(request).size() == 1) {
                    reply.range(request, BLOB);
                  } else if (status == 206) {
                    reply.send(206, copyOfRange(BLOB, 0, 10), "Content-Range: bytes 0-9/1000000");
                  } else {
                    reply.send(status, status == 200 ? BLOB : new byte[0]);
                  }
                });
        var rig = new ClientRig()) {
      RegistryBlob blob = rig.blob(server, BLOB);
      assertAllRight(blob, RANGES);
      assertAllRight(blob, RANGES);

      assertThat(server.requests).hasSize(9);
      assertThat(blob.rangesAtOnce()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 40, 150, 160, 5_000, 200_500, 201_500})
  void body_that_breaks_off_is_finished_singly(int at) throws Exception {
    try (var server =
            new ScriptedServer(
                (request, reply) -> {
                  if (asked(request).size() == 1) {
                    reply.range(request, BLOB);
                    return;
                  }
                  byte[] body = multipart(asked(request));
                  reply.head(
                      206,
                      "Content-Type: multipart/byteranges; boundary=b0undary",
                      "Content-Length: " + body.length);
                  reply.raw(body, 0, at);
                  reply.reset();
                });
        var rig = new ClientRig()) {
      assertAllRight(rig.blob(server, BLOB), RANGES);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "garbage",
        "\r\n--b0undary--\r\n",
        "\r\n--b0undary\r\n\r\nabc",
        "\r\n--b0undary\r\nContent-Range: bytes 0-9/77\r\n\r\n0123456789",
        "\r\n--b0undary\r\nContent-Range: bytes 5-9/1000000\r\n\r\n56789",
      })
  void body_that_makes_no_sense_is_not_used(String body) throws Exception {
    try (var server =
            new ScriptedServer(
                (request, reply) -> {
                  if (asked(request).size() == 1) {
                    reply.range(request, BLOB);
                  } else {
                    reply.send(206, body, "Content-Type: multipart/byteranges; boundary=b0undary");
                  }
                });
        var rig = new ClientRig()) {
      assertAllRight(rig.blob(server, BLOB), RANGES);
    }
  }

  @Test
  void overlapping_or_unsorted_ranges_are_refused() throws Exception {
    try (var server = new ScriptedServer(MultiRangeTest::answer);
        var rig = new ClientRig()) {
      RegistryBlob blob = rig.blob(server, BLOB);

      assertThatThrownBy(() -> blob.open(List.of(new ByteRange(5, 10), new ByteRange(14, 10))))
          .isInstanceOf(IOException.class);
      assertThatThrownBy(() -> blob.open(List.of())).isInstanceOf(IOException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\r\n",
        "\r\n--b0undary\r\nContent-Range: bytes 400000-400000/1000000\r\n\r\nx",
        "\r\n--b0undary\r\nX-A: b\r\n"
      })
  void body_without_an_end_is_given_up(String repeated) throws Exception {
    try (var server =
            new ScriptedServer(
                (request, reply) -> {
                  if (asked(request).size() == 1) {
                    reply.range(request, BLOB);
                  } else {
                    reply.head(206, "Content-Type: multipart/byteranges; boundary=b0undary");
                    sendWithoutEnd(reply, repeated.repeat(1000).getBytes(US_ASCII));
                  }
                });
        var rig = new ClientRig()) {
      assertAllRight(rig.blob(server, BLOB), RANGES);
    }
  }

  @Test
  void bytes_that_were_not_asked_for_are_given_up() throws Exception {
    var large = ClientRig.bytes(3_000_000);
    try (var server =
            new ScriptedServer(
                (request, reply) -> {
                  if (asked(request).size() == 1) {
                    reply.range(request, large);
                  } else {
                    reply.head(206, "Content-Type: multipart/byteranges; boundary=b0undary");
                    var part = "\r\n--b0undary\r\nContent-Range: bytes 0-99999999999/*\r\n\r\n";
                    reply.raw(part.getBytes(US_ASCII));
                    sendWithoutEnd(reply, new byte[100_000]);
                  }
                });
        var rig = new ClientRig();
        BlobRanges open =
            rig.blob(server, large)
                .open(List.of(new ByteRange(0, 10), new ByteRange(2_999_990, 10)))) {
      assertThat(all(requireNonNull(open.next()))).containsOnly(0);
      assertThat(all(requireNonNull(open.next())))
          .isEqualTo(copyOfRange(large, 2_999_990, 3_000_000));
    }
  }

  /** Ends when the client closes the connection. */
  private static void sendWithoutEnd(Reply reply, byte[] bytes) throws IOException {
    while (true) {
      reply.raw(bytes);
    }
  }
}
