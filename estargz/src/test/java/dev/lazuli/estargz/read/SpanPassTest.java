package dev.lazuli.estargz.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.DigestMismatchException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.MemoryBlob;
import dev.lazuli.estargz.ztoc.ZtocFiles;
import dev.lazuli.estargz.ztoc.ZtocFiles.Row;
import dev.lazuli.estargz.ztoc.ZtocLayerView;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Chunks of a layer of which only the compressed spans have digests. */
class SpanPassTest {
  private static void decode(
      byte[] blob, int pieceBytes, ZtocLayerView layer, int[] wanted, CollectingSink sink)
      throws IOException {
    long from = layer.chunkBlobOffset(wanted[0]);
    long end = layer.chunkBlobEnd(wanted[wanted.length - 1]);
    try (var decoder = new ChunkDecoder(Limits.DEFAULT);
        var range = new MemoryBlob(blob, pieceBytes, true).open(from, end - from)) {
      decoder.decode(layer.ztoc.compression(), range, from, layer, wanted, sink);
    }
  }

  private static byte[] expected(byte[] tar, ZtocLayerView layer, int chunk) {
    var at = layer.chunks.get(chunk);
    int from = (int) (layer.ztoc.spans().tarOffset(at.span()) + at.innerOffset());
    return Arrays.copyOfRange(tar, from, from + (int) at.size());
  }

  private static int[] all(ZtocLayerView layer) {
    return IntStream.range(0, layer.chunkCount()).toArray();
  }

  @Test
  void anyChunks_areThoseOfTheTar_howeverTheBytesCome() throws IOException {
    var blob = ZtocFiles.realLayer();
    var tar = new GZIPInputStream(new ByteArrayInputStream(blob)).readAllBytes();
    long seed = System.nanoTime();
    var random = new Random(seed);
    try (var layer = new ZtocLayerView(ZtocFiles.real(), blob.length, Limits.DEFAULT)) {
      assertThat(layer.chunkCount()).isGreaterThan(5);
      for (int run = 0; run < 300; run++) {
        double share = random.nextDouble();
        var wanted = Arrays.stream(all(layer)).filter(_ -> random.nextDouble() < share).toArray();
        if (wanted.length == 0) {
          continue;
        }
        var sink = new CollectingSink();
        int pieceBytes = random.nextBoolean() ? 1 + random.nextInt(40) : 1 + random.nextInt(90_000);

        decode(blob, pieceBytes, layer, wanted, sink);

        assertThat(sink.committed.keySet()).as("seed %d", seed).hasSize(wanted.length);
        for (int chunk : wanted) {
          assertThat(sink.committed.get(chunk))
              .as("chunk %d, seed %d", chunk, seed)
              .isEqualTo(expected(tar, layer, chunk));
        }
      }
    }
  }

  @Test
  void spanWithAWrongByte_givesNothing_andThoseBeforeItDo() throws IOException {
    var blob = ZtocFiles.realLayer();
    try (var layer = new ZtocLayerView(ZtocFiles.real(), blob.length, Limits.DEFAULT)) {
      // The last byte of the second span, which no chunk of it may need.
      var wrong = blob.clone();
      wrong[(int) layer.ztoc.spans().end(1) - 2] ^= 4;
      var sink = new CollectingSink();

      assertThatThrownBy(() -> decode(wrong, 1000, layer, all(layer), sink))
          .isInstanceOf(IOException.class);

      var right = Arrays.stream(all(layer)).filter(chunk -> layer.chunks.get(chunk).span() == 0);
      assertThat(sink.committed.keySet()).containsExactlyElementsOf(right.boxed().toList());
    }
  }

  @Test
  void wrongByteBehindTheLastWantedChunk_isFoundOut() throws IOException {
    var blob = ZtocFiles.realLayer();
    try (var layer = new ZtocLayerView(ZtocFiles.real(), blob.length, Limits.DEFAULT)) {
      var wrong = blob.clone();
      wrong[(int) layer.ztoc.spans().end(0) - 2] ^= 4;
      var sink = new CollectingSink();

      assertThatThrownBy(() -> decode(wrong, 1000, layer, new int[] {0}, sink))
          .isInstanceOf(DigestMismatchException.class)
          .hasMessageContaining("span at blob bytes");

      assertThat(sink.committed).isEmpty();
    }
  }

  private static byte[] gzip(byte[] content) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(out)) {
      gzip.write(content);
    }
    return out.toByteArray();
  }

  /** SOCI makes no ztoc of such a blob, but others may: spans begin where members do, or do not. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void gzipOfSeveralMembers_givesTheBytesOfTheTar(int spans) throws IOException {
    var tar = new byte[200_000];
    var random = new Random(spans);
    for (int i = 0; i < tar.length; i++) {
      tar[i] = (byte) random.nextInt(16);
    }
    var blob = new ByteArrayOutputStream();
    var rows = new ArrayList<Row>();
    for (int member = 0; member < 4; member++) {
      if (member % (4 / spans) == 0) {
        rows.add(new Row(blob.size() + 10, member * 50_000L, 0));
      }
      blob.write(gzip(Arrays.copyOfRange(tar, member * 50_000, (member + 1) * 50_000)));
    }
    var bytes = blob.toByteArray();
    var digests = new ArrayList<String>();
    for (int span = 0; span < spans; span++) {
      int end = span + 1 < spans ? (int) rows.get(span + 1).in() : bytes.length;
      var compressed = Arrays.copyOfRange(bytes, (int) rows.get(span).in(), end);
      digests.add(Digest.sha256(compressed).toString());
    }
    var entries =
        List.of(
            ZtocFiles.entry("a", "reg", 512, 40_000),
            ZtocFiles.entry("over-a-border", "reg", 45_000, 60_000),
            ZtocFiles.entry("last", "reg", 190_000, 10_000));
    var zinfo = ZtocFiles.zinfo(spans, rows.toArray(Row[]::new));
    var ztoc = ZtocFiles.gzip(bytes.length, tar.length, entries, digests, zinfo);
    try (var layer = new ZtocLayerView(ztoc, bytes.length, Limits.DEFAULT)) {
      for (int chunk : all(layer)) {
        var sink = new CollectingSink();

        decode(bytes, 1000, layer, new int[] {chunk}, sink);

        assertThat(sink.committed.get(chunk)).isEqualTo(expected(tar, layer, chunk));
      }
      var sink = new CollectingSink();
      decode(bytes, 70_000, layer, all(layer), sink);
      assertThat(sink.committed.keySet()).hasSize(layer.chunkCount());
    }
  }
}
