package dev.lazuli.estargz.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.DigestMismatchException;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.MemoryBlob;
import dev.lazuli.estargz.build.SampleTar;
import dev.lazuli.estargz.read.ChunkDecoder;
import dev.lazuli.estargz.read.CollectingSink;
import dev.lazuli.estargz.read.TarFollower;
import dev.lazuli.estargz.read.UnpackSink;
import dev.lazuli.estargz.read.WholeBlob;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class SharedIndexTest {
  private static final long SPACING = 64 << 10;

  private static byte[] tar() throws IOException {
    var tar = SampleTar.rich();
    var random = new Random(4);
    for (int i = 0; i < 40; i++) {
      byte[] content = new byte[20_000 + i];
      for (int at = 0; at < content.length; at++) {
        content[at] = (byte) ('a' + random.nextInt(16));
      }
      tar.file("many/file" + i, content);
    }
    tar.file("huge", new byte[9 << 20]);
    return tar.bytes();
  }

  private static byte[] compressed(Compression compression) throws IOException {
    return switch (compression) {
      case NONE -> tar();
      case GZIP -> gzip(tar());
      case ZSTD -> Zstd.compress(tar(), 3);
    };
  }

  private static byte[] gzip(byte[] raw) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(out)) {
      gzip.write(raw);
    }
    return out.toByteArray();
  }

  private static RecordedBlob gzipped() throws IOException {
    return RecordedBlob.of(compressed(Compression.GZIP), SPACING);
  }

  @ParameterizedTest
  @EnumSource
  void index_givesTheSameTreeAndTable_asReadingTheBlob(Compression compression) throws IOException {
    var layer = RecordedBlob.of(compressed(compression), SPACING);

    layer.read(
        layer.bytes(),
        (tree, table) -> {
          assertThat(RecordedBlob.tree(tree.index()))
              .isEqualTo(layer.tree())
              .hasSizeGreaterThan(40);
          assertThat(tree.dataSize()).isEqualTo(layer.dataSize());
          assertThat(RecordedBlob.table(table)).hasSameSizeAs(RecordedBlob.table(layer.table()));
          decodeEachAlone(compression, layer.blob(), table);
        });
  }

  /** The decoder compares each with its digest. */
  private static void decodeEachAlone(Compression compression, byte[] blob, UnpackSink table)
      throws IOException {
    var source = new MemoryBlob(blob);
    try (var decoder = new ChunkDecoder(Limits.DEFAULT)) {
      for (int chunk = 0; chunk < table.chunkCount(); chunk++) {
        long from = table.chunkBlobOffset(chunk);
        var range = source.open(from, table.chunkBlobEnd(chunk) - from);
        var found = new CollectingSink();
        decoder.decode(compression, range, from, table, new int[] {chunk}, found);
        assertThat(found.committed).containsOnlyKeys(chunk);
      }
    }
  }

  /** As the proof of a layer that was mounted by an index does. */
  @ParameterizedTest
  @EnumSource
  void wholeBlob_hasEveryChunkOfTheIndex_inItsTar(Compression compression) throws IOException {
    var layer = RecordedBlob.of(compressed(compression), SPACING);

    layer.read(
        layer.bytes(),
        (_, table) -> {
          var found = new CollectingSink();
          var whole = decodeWhole(compression, layer.blob(), table, found);
          assertThat(whole.problem()).isEmpty();
          assertThat(whole.diffId()).isPresent();
          assertThat(found.committed).hasSize(table.chunkCount());
        });
  }

  private static WholeBlob decodeWhole(
      Compression compression, byte[] blob, UnpackSink table, CollectingSink found)
      throws IOException {
    try (var decoder = new ChunkDecoder(Limits.DEFAULT);
        var stream = new MemoryBlob(blob).open(0, blob.length)) {
      return decoder.decodeWhole(compression, stream, table, found, TarFollower.NONE);
    }
  }

  @Test
  void digestOfOtherContent_isAProblem_whenTheBlobIsReadWhole() throws IOException {
    var layer = gzipped();
    var facts = IndexFacts.of(layer.bytes(), layer.bytes().length, "test");
    var lying = layer.bytes().clone();
    lying[(int) facts.startsAt() - 1] ^= 1;

    layer.read(
        lying,
        (_, table) -> {
          var found = new CollectingSink();
          var whole = decodeWhole(Compression.GZIP, layer.blob(), table, found);
          assertThat(whole.problem()).isPresent();
          assertThat(found.committed).doesNotContainKey(table.chunkCount() - 1);
        });
  }

  @Test
  void anyOtherByte_isRefusedWithAReason_orGivesRightBytesOrNone() throws IOException {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    var random = new Random(seed);
    var layer = gzipped();
    int refused = 0;
    for (int i = 0; i < 300; i++) {
      byte[] wrong = layer.bytes().clone();
      wrong[random.nextInt(wrong.length)] ^= (byte) (1 + random.nextInt(255));
      if (i % 10 == 0) {
        wrong = Arrays.copyOf(wrong, random.nextInt(wrong.length));
      }
      try {
        layer.read(wrong, (_, table) -> decodeSome(layer.blob(), table));
      } catch (IOException e) {
        assertThat(e).hasMessageNotContaining("null");
        refused++;
      }
    }
    assertThat(refused).isPositive();
  }

  private static void decodeSome(byte[] blob, UnpackSink table) throws IOException {
    var source = new MemoryBlob(blob);
    try (var decoder = new ChunkDecoder(Limits.DEFAULT)) {
      for (int chunk = 0; chunk < Math.min(5, table.chunkCount()); chunk++) {
        long from = table.chunkBlobOffset(chunk);
        var range = source.open(from, table.chunkBlobEnd(chunk) - from);
        try {
          decoder.decode(
              Compression.GZIP, range, from, table, new int[] {chunk}, new CollectingSink());
        } catch (DigestMismatchException | LayerFormatException | EOFException e) {
          assertThat(e).hasMessageNotContaining("null");
        }
      }
    }
  }

  private static byte[] with(byte[] index, int at, long number) {
    var changed = index.clone();
    ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN).putLong(at, number);
    return changed;
  }

  private static void assertRefused(RecordedBlob layer, byte[] index, String reason) {
    assertThatThrownBy(() -> layer.read(index, (_, _) -> {}))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void factsOfAnotherLayerOrSize_areRefused() throws IOException {
    var layer = gzipped();
    var other = RecordedBlob.of(tar(), SPACING);

    assertRefused(layer, other.bytes(), "layer of its index");
    assertRefused(layer, new byte[10], "bytes of its index");
    assertRefused(layer, with(layer.bytes(), 0, 1), "magic");
    assertRefused(layer, with(layer.bytes(), 48, 7), "compression");
    assertRefused(layer, with(layer.bytes(), 56, Long.MAX_VALUE / 16), "bytes of its index");
    assertRefused(layer, with(layer.bytes(), 56, -1), "bytes of its index");
    assertRefused(layer, with(layer.bytes(), 64, Integer.MAX_VALUE), "facts of its index");
    assertRefused(layer, with(layer.bytes(), 72, Long.MAX_VALUE), "bytes of headers");
    assertRefused(layer, with(layer.bytes(), 40, 100), "");
    assertRefused(layer, Arrays.copyOf(layer.bytes(), layer.bytes().length + 32), "bytes of its");
  }

  @Test
  void chunkWithoutADigest_isRefused_becauseItWouldBeTakenUnseen() throws IOException {
    var layer = gzipped();
    var facts = IndexFacts.of(layer.bytes(), layer.bytes().length, "test");
    var changed = layer.bytes().clone();
    int at = (int) facts.digestsAt();
    Arrays.fill(changed, at, at + Digest.SHA256_BYTES, (byte) 0);

    assertRefused(layer, changed, "digest of a chunk");
  }

  @Test
  void layerWithNowhereToStart_saysSo() throws IOException {
    var directory = Files.createTempDirectory("recorder");
    try (var recorder = new IndexRecorder(directory)) {
      recorder.chunk(0, 1, 0, 1, IndexRecorder.MOST_SKIPPED, new byte[32]);
      assertThat(recorder.obstacle()).isEmpty();
      recorder.chunk(4096, 1, 0, 2, IndexRecorder.MOST_SKIPPED + 1, new byte[32]);
      assertThat(recorder.obstacle())
          .hasValueSatisfying(text -> assertThat(text).contains("24 MiB"));
    }
    assertThat(directory).isEmptyDirectory();
    Files.delete(directory);
  }
}
