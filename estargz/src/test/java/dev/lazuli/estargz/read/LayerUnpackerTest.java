package dev.lazuli.estargz.read;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.ContentSink;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.MemoryBlob;
import dev.lazuli.estargz.build.OddTar;
import dev.lazuli.estargz.build.SampleTar;
import dev.lazuli.estargz.checkpoint.Checkpoint;
import dev.lazuli.estargz.tar.TarFormatException;
import dev.lazuli.estargz.toc.IndexMemory;
import dev.lazuli.estargz.toc.LayerIndex;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class LayerUnpackerTest {
  private static final int INDEX_BYTES = 64 << 20;

  private final IndexMemory memory = new IndexMemory(INDEX_BYTES, 1);
  private final LayerUnpacker unpacker = new LayerUnpacker(Limits.DEFAULT);
  private final UnpackSink sink = new UnpackSink();

  @AfterEach
  void closeAndFindTheMemoryGivenBack() throws IOException {
    unpacker.close();
    memory.share("next", Duration.ZERO).close();
  }

  /** How a tar becomes a blob: in how many compressed streams, cut at random. */
  private static byte[] compressed(Compression compression, byte[] tar, int streams)
      throws IOException {
    if (compression == Compression.NONE) {
      return tar;
    }
    var random = new Random(streams);
    var blob = new ByteArrayOutputStream();
    int at = 0;
    for (int left = streams; left > 0; left--) {
      int end = left == 1 ? tar.length : at + random.nextInt((tar.length - at) / left + 1);
      var part = Arrays.copyOfRange(tar, at, end);
      blob.writeBytes(compression == Compression.GZIP ? gzip(part) : Zstd.compress(part, 3));
      at = end;
    }
    return blob.toByteArray();
  }

  private static byte[] gzip(byte[] raw) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(out)) {
      gzip.write(raw);
    }
    return out.toByteArray();
  }

  private UnpackedLayer unpack(byte[] blob, int piece, ContentSink into) throws IOException {
    var source = new MemoryBlob(blob, piece, piece % 2 == 0);
    var share = memory.share("test", Duration.ZERO);
    return unpacker.unpack(source.open(0, blob.length), "test", share, into);
  }

  @ParameterizedTest
  @CsvSource({
    "NONE, 1, 1",
    "NONE, 1, 1000",
    "NONE, 1, 100000",
    "GZIP, 1, 1",
    "GZIP, 1, 1000",
    "GZIP, 2, 777",
    "GZIP, 40, 65536",
    "ZSTD, 1, 3",
    "ZSTD, 1, 1000",
    "ZSTD, 40, 65536"
  })
  void tar_isUnpackedInOnePass_withDigestsAndATableOfItsChunks(
      Compression compression, int streams, int piece) throws IOException {
    var tar = SampleTar.rich();
    var bytes = tar.bytes();
    var blob = compressed(compression, bytes, streams);
    try (var layer = unpack(blob, piece, sink)) {
      assertThat(layer.compression()).isEqualTo(compression);
      assertThat(layer.blobDigest()).isEqualTo(Digest.sha256(blob));
      assertThat(layer.diffId()).isEqualTo(Digest.sha256(bytes));
      assertThat(layer.dataSize()).isEqualTo(layer.index().dataSize());
      var shown = contents(layer.index(), sink.data(layer.dataSize()));
      tar.files()
          .forEach(
              (name, content) -> {
                if (!name.contains(".wh.")) {
                  // A file with two names has the first of them in the index.
                  var path = name.equals("bin/tool") ? "bin/same" : name;
                  assertThat(shown.get(path)).as(name).isEqualTo(content);
                }
              });
    }
    assertChunksCanBeDecodedAlone(compression, blob);
  }

  private static Map<String, byte[]> contents(LayerIndex index, byte[] data) {
    var all = new TreeMap<String, byte[]>();
    for (int inode = 0; inode < index.inodeCount(); inode++) {
      if ((index.mode(inode) & 0xf000) == 0x8000) {
        int from = (int) Math.max(0, index.dataOffset(inode));
        all.put(index.path(inode), Arrays.copyOfRange(data, from, from + (int) index.size(inode)));
      }
    }
    return all;
  }

  /** The table says of each chunk where to find it: whoever loses one can have it again. */
  private void assertChunksCanBeDecodedAlone(Compression compression, byte[] blob)
      throws IOException {
    assertThat(sink.chunkCount()).isPositive();
    var source = new MemoryBlob(blob);
    try (var decoder = new ChunkDecoder(Limits.DEFAULT)) {
      for (int chunk = 0; chunk < sink.chunkCount(); chunk++) {
        long from = sink.chunkBlobOffset(chunk);
        long length = sink.chunkBlobEnd(chunk) - from;
        var found = new CollectingSink();
        decoder.decode(
            compression, source.open(from, length), from, sink, new int[] {chunk}, found);
        assertThat(found.committed).containsOnlyKeys(chunk);
      }
    }
  }

  @Test
  void allChunks_areFoundInOnePassOverTheBlob() throws IOException {
    for (var compression : new Compression[] {Compression.GZIP, Compression.ZSTD}) {
      var own = new UnpackSink();
      var blob = compressed(compression, SampleTar.rich().bytes(), 7);
      unpack(blob, 1000, own).close();
      var found = new CollectingSink();
      try (var decoder = new ChunkDecoder(Limits.DEFAULT)) {
        var whole =
            decoder.decodeWhole(
                compression,
                new MemoryBlob(blob).open(0, blob.length),
                own,
                found,
                TarFollower.NONE);
        assertThat(whole.problem()).isEmpty();
      }
      assertThat(found.committed).hasSize(own.chunkCount());
    }
  }

  @Test
  void contentThatALaterEntryReplaces_movesNothing() throws IOException {
    var tar = new OddTar().file("a", "first").file("b", "B").file("a", "second").bytes();
    try (var layer = unpack(tar, 100, sink)) {
      var shown = contents(layer.index(), sink.data(layer.dataSize()));
      assertThat(shown.get("a")).asString().isEqualTo("second");
      assertThat(shown.get("b")).asString().isEqualTo("B");
      assertThat(layer.dataSize()).isEqualTo(3 * 4096);
    }
  }

  @Test
  void filesOfLazyLayersReaders_areShownLikeAnyOther() throws IOException {
    var tar = new OddTar().file(".no.prefetch.landmark", "x").file("stargz.index.json", "{}");
    try (var layer = unpack(tar.bytes(), 100, sink)) {
      assertThat(contents(layer.index(), sink.data(layer.dataSize())))
          .containsOnlyKeys(".no.prefetch.landmark", "stargz.index.json");
    }
  }

  @Test
  void anEmptyArchive_isAnEmptyLayer() throws IOException {
    try (var layer = unpack(new byte[1024], 100, sink)) {
      assertThat(layer.index().inodeCount()).isEqualTo(1);
      assertThat(layer.dataSize()).isZero();
    }
  }

  @Test
  void everyCut_isAnErrorOrGivesOtherDigests() throws IOException {
    var tar = SampleTar.text(3000);
    var blob =
        compressed(
            Compression.GZIP, new OddTar().file("a", new String(tar, ISO_8859_1)).bytes(), 2);
    for (int cut = 1; cut < blob.length; cut += 7) {
      var part = Arrays.copyOf(blob, cut);
      try (var layer = unpack(part, 64, new UnpackSink())) {
        assertThat(layer.blobDigest()).isNotEqualTo(Digest.sha256(blob));
      } catch (EOFException | LayerFormatException | TarFormatException e) {
        assertThat(e).hasMessageNotContaining("null");
      }
    }
  }

  @Test
  void garbage_isRefused() {
    assertThatThrownBy(() -> unpack(SampleTar.noise(5000, 1), 100, sink).close())
        .isInstanceOf(TarFormatException.class);
  }

  @Test
  void bytesBehindTheArchive_countForTheDigestsAlone() throws IOException {
    var tar = new OddTar().file("a", "A").bytes();
    var longer = Arrays.copyOf(tar, tar.length + 100_000);
    longer[longer.length - 1] = 1;
    try (var layer = unpack(gzip(longer), 100, sink)) {
      assertThat(layer.diffId()).isEqualTo(Digest.sha256(longer));
      assertThat(contents(layer.index(), sink.data(layer.dataSize()))).containsOnlyKeys("a");
    }
  }

  @Test
  void aFailingSink_endsThePass_andEverythingIsGivenBack() throws IOException {
    var full =
        new ContentSink() {
          @Override
          public void write(long dataOffset, ByteBuffer window) throws IOException {
            throw new IOException("disk full");
          }

          @Override
          public void chunk(
              long dataOffset,
              long size,
              long blobOffset,
              long blobEnd,
              long innerOffset,
              byte[] sha256) {}

          @Override
          public void checkpoint(Checkpoint checkpoint, byte[] window) {}
        };
    var blob = SampleTar.rich().bytes();
    assertThatThrownBy(() -> unpack(blob, 100, full).close()).hasMessage("disk full");
  }

  @Test
  void aFailingBlob_endsThePassBeforeAnythingIsKnownOfIt() throws IOException {
    BlobStream broken =
        new BlobStream() {
          @Override
          public ByteBuffer next() throws IOException {
            throw new IOException("registry died");
          }

          @Override
          public void close() {}
        };
    var share = memory.share("test", Duration.ZERO);
    assertThatThrownBy(() -> unpacker.unpack(broken, "test", share, sink).close())
        .hasMessage("registry died");
  }
}
