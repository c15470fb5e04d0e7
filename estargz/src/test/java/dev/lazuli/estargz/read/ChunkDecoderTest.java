package dev.lazuli.estargz.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.ChunkSink;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.DigestMismatchException;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.MemoryBlob;
import dev.lazuli.estargz.build.SampleTar;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChunkDecoderTest {
  /** Streams in a blob and the chunks in them, as a layer would have them. */
  private static final class Blob implements ChunkTableView {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final List<long[]> rows = new ArrayList<>();
    private final List<byte[]> contents = new ArrayList<>();
    private final Compression compression;

    Blob(Compression compression) {
      this.compression = compression;
      bytes.writeBytes(stream("tar header of the first file".getBytes(ISO)));
    }

    private static final Charset ISO = StandardCharsets.ISO_8859_1;

    /** Adds one stream that holds the contents with tar-like gaps around them. */
    Blob add(byte[]... chunks) {
      var raw = new ByteArrayOutputStream();
      var start = bytes.size();
      for (var chunk : chunks) {
        rows.add(new long[] {start, raw.size(), chunk.length, 0});
        contents.add(chunk);
        raw.writeBytes(chunk);
        raw.writeBytes(new byte[700]);
      }
      bytes.writeBytes(stream(raw.toByteArray()));
      rows.subList(rows.size() - chunks.length, rows.size()).forEach(row -> row[3] = bytes.size());
      return this;
    }

    byte[] stream(byte[] raw) {
      return switch (compression) {
        case GZIP -> gzip(raw);
        case ZSTD -> Zstd.compress(raw, 3);
        case NONE -> raw;
      };
    }

    MemoryBlob source(int pieceBytes, boolean direct) {
      return new MemoryBlob(bytes.toByteArray(), pieceBytes, direct);
    }

    byte[] content(int chunk) {
      return contents.get(chunk);
    }

    @Override
    public int chunkCount() {
      return rows.size();
    }

    @Override
    public long chunkDataOffset(int chunk) {
      return chunk * 4096L;
    }

    @Override
    public long chunkSize(int chunk) {
      return rows.get(chunk)[2];
    }

    @Override
    public long chunkBlobOffset(int chunk) {
      return rows.get(chunk)[0];
    }

    @Override
    public long chunkBlobEnd(int chunk) {
      return rows.get(chunk)[3];
    }

    @Override
    public long chunkInnerOffset(int chunk) {
      return rows.get(chunk)[1];
    }

    @Override
    public void chunkDigest(int chunk, byte[] into) {
      System.arraycopy(Digest.newSha256().digest(content(chunk)), 0, into, 0, 32);
    }
  }

  private static byte[] gzip(byte[] raw) {
    var out = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(out)) {
      gzip.write(raw);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return out.toByteArray();
  }

  private static Blob sample(Compression compression) {
    return new Blob(compression)
        .add(SampleTar.text(200_000))
        .add(SampleTar.noise(70_000, 1), SampleTar.text(10), SampleTar.text(66_000))
        .add(SampleTar.noise(1, 2))
        .add(SampleTar.text(65_536));
  }

  @ParameterizedTest
  @CsvSource({
    "GZIP, 1, true", "GZIP, 13, false", "GZIP, 100000, true",
    "ZSTD, 1, true", "ZSTD, 13, false", "ZSTD, 100000, true"
  })
  void anyPieces_giveTheSameChunks(Compression compression, int piece, boolean direct)
      throws IOException {
    var blob = sample(compression);
    var sink = new CollectingSink();
    var source = blob.source(piece, direct);
    try (var decoder = new ChunkDecoder(Limits.DEFAULT)) {
      decoder.decode(compression, source.open(0, source.size()), 0, blob, all(blob), sink);
    }

    assertThat(sink.committed).hasSize(blob.chunkCount());
    sink.committed.forEach((c, bytes) -> assertThat(bytes).isEqualTo(blob.content(c)));
  }

  @ParameterizedTest
  @EnumSource
  void aPass_takesWhatIsWanted_andSkipsTheRest(Compression compression) throws IOException {
    var blob = sample(compression);
    var sink = new CollectingSink();
    var start = blob.chunkBlobOffset(0);
    try (var decoder = new ChunkDecoder(Limits.DEFAULT)) {
      var range = blob.source(777, true).open(start, blob.chunkBlobEnd(5) - start);
      decoder.decode(compression, range, start, blob, new int[] {5, 2, 3}, sink);
    }

    assertThat(sink.committed).containsOnlyKeys(2, 3, 5);
    assertThat(sink.committed.get(2)).isEqualTo(blob.content(2));
    assertThat(sink.committed.get(5)).isEqualTo(blob.content(5));
    assertThat(sink.calls)
        .containsExactly("begin 2", "commit 2", "begin 3", "commit 3", "begin 5", "commit 5");
  }

  @ParameterizedTest
  @EnumSource
  void wrongBytes_areAborted_andNothingAfterThemBegins(Compression compression) {
    var good = sample(compression);
    var evil = new Blob(compression).add(SampleTar.text(200_000)).add(SampleTar.noise(70_000, 9));
    var sink = new CollectingSink();
    var source = evil.source(1000, true);
    var lie = new int[] {0, 1};
    try (var decoder = new ChunkDecoder(Limits.DEFAULT)) {
      assertThatThrownBy(
              () ->
                  decoder.decode(
                      compression, source.open(0, source.size()), 0, mixed(evil, good), lie, sink))
          .isInstanceOf(DigestMismatchException.class)
          .hasMessageContaining("chunk 1 at blob bytes");
    }
    assertThat(sink.calls).containsExactly("begin 0", "commit 0", "begin 1", "abort 1");
  }

  /** Returns the places of one blob with the digests of another. */
  private static ChunkTableView mixed(Blob places, Blob digests) {
    return new ChunkTableView() {
      @Override
      public int chunkCount() {
        return places.chunkCount();
      }

      @Override
      public long chunkDataOffset(int chunk) {
        return places.chunkDataOffset(chunk);
      }

      @Override
      public long chunkSize(int chunk) {
        return places.chunkSize(chunk);
      }

      @Override
      public long chunkBlobOffset(int chunk) {
        return places.chunkBlobOffset(chunk);
      }

      @Override
      public long chunkBlobEnd(int chunk) {
        return places.chunkBlobEnd(chunk);
      }

      @Override
      public long chunkInnerOffset(int chunk) {
        return places.chunkInnerOffset(chunk);
      }

      @Override
      public void chunkDigest(int chunk, byte[] into) {
        digests.chunkDigest(chunk, into);
      }
    };
  }

  @ParameterizedTest
  @EnumSource
  void everyCut_isAnErrorAndNeverAChunk(Compression compression) {
    var blob = new Blob(compression).add(SampleTar.text(500));
    var whole = blob.bytes.toByteArray();
    var contentEnd =
        switch (compression) {
          case GZIP -> whole.length - 60;
          case ZSTD -> whole.length - 1;
          case NONE -> (int) blob.chunkBlobOffset(0) + 500;
        };
    try (var decoder = new ChunkDecoder(Limits.DEFAULT)) {
      for (int cut = 1; cut < contentEnd; cut += 3) {
        var sink = new CollectingSink();
        var range = new MemoryBlob(Arrays.copyOf(whole, cut), 64, true).open(0, cut);
        assertThatThrownBy(() -> decoder.decode(compression, range, 0, blob, new int[] {0}, sink))
            .isInstanceOf(EOFException.class);
        assertThat(sink.calls).endsWith("abort 0");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"write", "commit"})
  void aFailingSink_isAborted(String failing) {
    var blob = sample(Compression.GZIP);
    var aborted = new ArrayList<String>();
    var full =
        new ChunkSink() {
          private void fail(String call) throws IOException {
            if (call.equals(failing)) {
              throw new IOException("disk full");
            }
          }

          @Override
          public void begin(int chunk) {}

          @Override
          public void write(ByteBuffer window) throws IOException {
            fail("write");
          }

          @Override
          public void commit(byte[] sha256) throws IOException {
            fail("commit");
          }

          @Override
          public void abort() {
            aborted.add("abort");
          }
        };
    var source = blob.source(1000, true);
    try (var decoder = new ChunkDecoder(Limits.DEFAULT)) {
      assertThatThrownBy(
              () ->
                  decoder.decode(
                      Compression.GZIP, source.open(0, source.size()), 0, blob, all(blob), full))
          .hasMessage("disk full");
    }
    assertThat(aborted).hasSize(1);
  }

  @Test
  void afterAnError_theDecoderWorksOn() throws IOException {
    for (var compression : List.of(Compression.GZIP, Compression.ZSTD)) {
      var blob = sample(compression);
      var garbage = new MemoryBlob(SampleTar.noise(300_000, 3), 1000, true);
      try (var decoder = new ChunkDecoder(Limits.DEFAULT)) {
        for (int i = 0; i < 5; i++) {
          var sink = new CollectingSink();
          assertThatThrownBy(
                  () ->
                      decoder.decode(
                          compression, garbage.open(0, 300_000), 0, blob, all(blob), sink))
              .isInstanceOf(LayerFormatException.class);
          var source = blob.source(1000, true);
          var good = new CollectingSink();
          decoder.decode(compression, source.open(0, source.size()), 0, blob, all(blob), good);
          assertThat(good.committed).hasSize(blob.chunkCount());
        }
      }
    }
  }

  @Test
  void aZstdWindowOverTheLimit_isRefused() {
    // A frame header that asks for a window of 2 GiB.
    var frame = new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0, (byte) (21 << 3), 1, 0, 0};
    assertHostile(Compression.ZSTD, frame, "zstd window");
  }

  @Test
  void aGzipHeaderWithoutEnd_isRefused() {
    var header = new byte[200_000];
    Arrays.fill(header, (byte) 'x');
    System.arraycopy(new byte[] {0x1f, (byte) 0x8b, 8, 8, 0, 0, 0, 0, 0, 0}, 0, header, 0, 10);
    assertHostile(Compression.GZIP, header, "gzip header bytes");
  }

  private static void assertHostile(Compression compression, byte[] stream, String message) {
    var blob = new Blob(compression).add(SampleTar.text(500));
    var start = (int) blob.chunkBlobOffset(0);
    blob.rows.get(0)[3] = (long) start + stream.length;
    var range = new MemoryBlob(stream, 100, true).open(0, stream.length);
    try (var decoder = new ChunkDecoder(Limits.DEFAULT)) {
      assertThatThrownBy(
              () ->
                  decoder.decode(
                      compression, range, start, blob, new int[] {0}, new CollectingSink()))
          .isInstanceOf(LayerFormatException.class)
          .hasMessageContaining(message);
    }
  }

  private static int[] all(ChunkTableView chunks) {
    return IntStream.range(0, chunks.chunkCount()).toArray();
  }
}
