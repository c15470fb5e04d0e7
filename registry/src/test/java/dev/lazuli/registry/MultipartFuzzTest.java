package dev.lazuli.registry;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.ByteRange;
import dev.lazuli.registry.hosts.RegistryHost;
import dev.lazuli.registry.http.Abort;
import dev.lazuli.registry.http.DocumentBudget;
import dev.lazuli.registry.http.Exchange;
import dev.lazuli.registry.http.HttpReply;
import dev.lazuli.registry.http.MultipartBody;
import dev.lazuli.registry.http.Origin;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.LeastRate;
import dev.lazuli.registry.model.RegistryException;
import dev.lazuli.registry.model.TlsSettings;
import dev.lazuli.testimages.Costs;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Multipart bodies of strangers: they cost little, leave no buffer behind, and a reader gets bytes
 * of theirs, in their order, or an error. The first byte of an input says how long the pieces are
 * in which the rest, the body, comes.
 */
final class MultipartFuzzTest {
  private static final int BLOB_BYTES = 10_000;
  private static final List<ByteRange> RANGES =
      List.of(
          new ByteRange(0, 10),
          new ByteRange(1000, 2000),
          new ByteRange(5000, 1),
          new ByteRange(9000, 1000));
  private static final BlobHosts BLOB = blobWithoutHosts();
  private static final RegistryHost HOST =
      new RegistryHost(
          new Origin(true, "reg.example", 443, TlsSettings.DEFAULT),
          RegistryHost.BASE,
          /* pulls= */ true,
          /* resolves= */ true,
          Map.of(),
          null);

  /** A body that has come already, and its end with it. */
  private static final class Arrived {
    private final List<ByteBuf> pieces = new ArrayList<>();
    private final HttpReply reply;

    Arrived(byte[] input) {
      var exchange = new Exchange();
      int step = input.length == 0 ? 1 : 1 + (input[0] & 0xff);
      for (int at = 1; at < input.length; at += step) {
        var piece = Unpooled.copiedBuffer(input, at, Math.min(step, input.length - at));
        pieces.add(piece);
        exchange.onPiece(piece);
      }
      exchange.onEnd();
      var patience = Duration.ofSeconds(10);
      reply =
          new HttpReply(
              exchange,
              new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.PARTIAL_CONTENT),
              patience,
              new LeastRate(patience),
              new DocumentBudget(patience, patience),
              "https://registry.example");
    }

    MultipartBody body() {
      return MultipartBody.of(reply, "b0undary");
    }

    void assertGivenBack() {
      assertThat(pieces).allMatch(piece -> piece.refCnt() == 0);
    }
  }

  @FuzzTest(maxDuration = "30s")
  void parts(byte[] input) throws IOException {
    Costs.assertCheap(() -> readParts(input));
  }

  private static void readParts(byte[] input) {
    var arrived = new Arrived(input);
    var read = new ByteArrayOutputStream();
    try (var body = arrived.body()) {
      for (var part = body.nextPart(); part != null; part = body.nextPart()) {
        // Half of the parts' bytes are left to be skipped.
        long wanted = part.length() / 2;
        while (wanted > 0) {
          ByteBuf piece = body.take(wanted);
          wanted -= piece.readableBytes();
          assertThat(piece.isReadable()).isTrue();
          read.writeBytes(ByteBufUtil.getBytes(piece));
          piece.release();
        }
        assertThat(wanted).isZero();
      }
    } catch (IOException e) {
      assertThat(e).hasMessageStartingWith("multipart: ");
    }
    arrived.assertGivenBack();
    assertPartOf(input, read.toByteArray());
  }

  @FuzzTest(maxDuration = "30s")
  void ranges(byte[] input) throws IOException {
    Costs.assertCheap(() -> readRanges(input));
  }

  private static void readRanges(byte[] input) {
    var arrived = new Arrived(input);
    var read = new ByteArrayOutputStream();
    var answer = new MultiRangeCall.Answer(HOST, arrived.body());
    try (var ranges = new MultiRangeStream(BLOB, RANGES, answer, 1, new Abort())) {
      for (ByteRange wanted : RANGES) {
        BlobStream range = requireNonNull(ranges.next());
        int before = read.size();
        for (ByteBuffer piece = range.next(); piece != null; piece = range.next()) {
          assertThat(piece.hasRemaining()).isTrue();
          var copy = new byte[piece.remaining()];
          piece.get(copy);
          read.writeBytes(copy);
          assertThat(read.size() - before).isLessThanOrEqualTo((int) wanted.length());
        }
        assertThat(read.size() - before).isEqualTo((int) wanted.length());
      }
      assertThat(ranges.next()).isNull();
    } catch (IOException e) {
      assertThat(e).isInstanceOf(RegistryException.class);
    }
    arrived.assertGivenBack();
    assertPartOf(input, read.toByteArray());
  }

  /** Asserts that some bytes are all in the input behind its first, in this order. */
  private static void assertPartOf(byte[] input, byte[] read) {
    int at = 1;
    for (int i = 0; i < read.length; i++, at++) {
      while (at < input.length && input[at] != read[i]) {
        at++;
      }
      assertThat(at).as("place of byte %s that was read", i).isLessThan(input.length);
    }
  }

  /** Returns a blob whose ranges cannot be fetched singly: an error that takes no network. */
  private static BlobHosts blobWithoutHosts() {
    try {
      Path hosts = Files.createTempDirectory("lazuli");
      hosts.toFile().deleteOnExit();
      Path folder = Files.createDirectory(hosts.resolve("_default"));
      folder.toFile().deleteOnExit();
      Path file = folder.resolve("hosts.toml");
      file.toFile().deleteOnExit();
      Files.writeString(file, "capabilities = ['resolve']");
      var client = new RegistryClient(RegistryOptions.builder().hostsDirectory(hosts).build());
      return client.blobHosts(
          ImageReference.parse("reg.example/team/app:1"),
          Digest.sha256(new byte[BLOB_BYTES]),
          BLOB_BYTES);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
