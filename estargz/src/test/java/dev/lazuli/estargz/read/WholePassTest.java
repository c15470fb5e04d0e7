package dev.lazuli.estargz.read;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.MemoryBlob;
import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.estargz.build.BuiltLayer;
import dev.lazuli.estargz.build.EstargzBuilder;
import dev.lazuli.estargz.build.SampleTar;
import dev.lazuli.estargz.toc.LayerIndex;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WholePassTest {
  private final ByteArrayOutputStream blob = new ByteArrayOutputStream();
  private final ChunkDecoder decoder = new ChunkDecoder(Limits.DEFAULT);
  private final LayerOpener opener = new LayerOpener(Limits.DEFAULT);
  private final CollectingSink sink = new CollectingSink();

  @AfterEach
  void close() {
    decoder.close();
    opener.close();
  }

  private BuiltLayer build(LayerFormat format, int chunkBytes, int minChunkBytes)
      throws IOException {
    var options =
        BuildOptions.ESTARGZ
            .withFormat(format)
            .withLevel(1)
            .withChunks(chunkBytes, minChunkBytes)
            .withPrioritized(minChunkBytes == 0 ? List.of("etc/hostname") : List.of(), false);
    var tar = new ByteArrayInputStream(SampleTar.rich().bytes());
    return new EstargzBuilder(options).build(tar, blob);
  }

  private LayerIndex index(BuiltLayer built) throws IOException {
    var trust = TocTrust.fromAnnotations(built.annotations()).orElseThrow();
    return opener.open(OpenRequest.of("test", new MemoryBlob(blob.toByteArray()), trust));
  }

  private WholeBlob pass(LayerFormat format, ChunkTableView chunks, byte[] bytes, int piece)
      throws IOException {
    var source = new MemoryBlob(bytes, piece, piece % 2 == 0);
    return decoder.decodeWhole(
        format.compression(), source.open(0, bytes.length), chunks, sink, TarFollower.NONE);
  }

  @ParameterizedTest
  @CsvSource({
    "ESTARGZ, 4194304, 0, 1000",
    "ESTARGZ, 4096, 0, 7",
    "ESTARGZ, 4096, 65536, 1000",
    "ESTARGZ, 65536, 65536, 16384",
    "ZSTD_CHUNKED, 4194304, 0, 1000",
    "ZSTD_CHUNKED, 4096, 0, 7",
    "ZSTD_CHUNKED, 4096, 65536, 999",
    "ZSTD_CHUNKED, 65536, 65536, 16384"
  })
  void aGoodBlob_hasItsDigestsAndEveryChunkInTheTar(
      LayerFormat format, int chunkBytes, int minChunkBytes, int piece) throws IOException {
    var built = build(format, chunkBytes, minChunkBytes);
    try (var index = index(built)) {
      var found = pass(format, index, blob.toByteArray(), piece);

      assertThat(found.problem()).isEmpty();
      assertThat(found.blobDigest()).isEqualTo(built.digest());
      assertThat(found.diffId()).contains(built.diffId());
      assertThat(sink.committed).hasSize(index.chunkCount());
      var expected = new byte[Digest.SHA256_BYTES];
      sink.committed.forEach(
          (chunk, content) -> {
            index.chunkDigest(chunk, expected);
            assertThat(Digest.newSha256().digest(content)).isEqualTo(expected);
          });
    }
  }

  @Test
  void chunksInAnotherOrderThanTheBlobs_areFoundAllTheSame() throws IOException {
    var built = build(LayerFormat.ESTARGZ, 4096, 65_536);
    try (var index = index(built)) {
      int count = index.chunkCount();
      var order = IntStream.range(0, count).toArray();
      var random = new Random(20_261_130);
      for (int i = count - 1; i > 0; i--) {
        int other = random.nextInt(i + 1);
        int before = order[i];
        order[i] = order[other];
        order[other] = before;
      }
      var found = pass(LayerFormat.ESTARGZ, new Shuffled(index, order), blob.toByteArray(), 1000);

      assertThat(found.problem()).isEmpty();
      assertThat(sink.committed).hasSize(count);
    }
  }

  @ParameterizedTest
  @CsvSource({"ESTARGZ, 1", "ESTARGZ, 2", "ESTARGZ, 3", "ZSTD_CHUNKED, 4", "ZSTD_CHUNKED, 5"})
  void aWrongByteAnywhere_changesTheBlobsDigest_andNoWrongChunkIsCommitted(
      LayerFormat format, int seed) throws IOException {
    var built = build(format, 65_536, 0);
    var bytes = blob.toByteArray();
    int at = new Random(seed).nextInt(bytes.length);
    bytes[at] ^= 0x10;
    try (var index = index(built)) {
      var found = pass(format, index, bytes, 1000);

      assertThat(found.blobDigest())
          .as("byte %d", at)
          .isEqualTo(Digest.sha256(bytes))
          .isNotEqualTo(built.digest());
      var expected = new byte[Digest.SHA256_BYTES];
      sink.committed.forEach(
          (chunk, content) -> {
            index.chunkDigest(chunk, expected);
            assertThat(Digest.newSha256().digest(content)).isEqualTo(expected);
          });
    }
  }

  @Test
  void aChunkWithAnotherDigest_isAProblem() throws IOException {
    var built = build(LayerFormat.ESTARGZ, 65_536, 0);
    try (var index = index(built)) {
      var found =
          pass(
              LayerFormat.ESTARGZ,
              new Shuffled(index, IntStream.range(0, index.chunkCount()).toArray()) {
                @Override
                public void chunkDigest(int chunk, byte[] into) {
                  super.chunkDigest(chunk, into);
                  if (chunk == 2) {
                    into[0] ^= 1;
                  }
                }
              },
              blob.toByteArray(),
              1000);

      assertThat(found.diffId()).contains(built.diffId());
      assertThat(found.problem().orElseThrow()).startsWith("chunk 2,").contains("not in the tar");
      assertThat(sink.committed).doesNotContainKey(2).hasSize(index.chunkCount() - 1);
    }
  }

  @Test
  void aChunkHiddenWhereTheTarIsNot_isAProblem() throws IOException {
    var evil = "evil".repeat(100).getBytes(UTF_8);
    var tar = "the victim's tar".getBytes(UTF_8);
    var frame = Zstd.compress(evil);
    var hidden = ByteBuffer.allocate(8 + frame.length).order(ByteOrder.LITTLE_ENDIAN);
    hidden.putInt(0x184d_2a50).putInt(frame.length).put(frame);
    blob.write(hidden.array());
    blob.write(Zstd.compress(tar));
    var view = EqualChunks.one(8, blob.size(), 0, evil.length, Digest.sha256(evil));

    var found = pass(LayerFormat.ZSTD_CHUNKED, view, blob.toByteArray(), 1000);

    assertThat(found.diffId()).contains(Digest.sha256(tar));
    assertThat(found.problem().orElseThrow()).contains("not in the tar");
    assertThat(sink.calls).isEmpty();
  }

  @Test
  void whatCannotBeDecompressed_hasNoDiffIdButADigest() throws IOException {
    var bytes = "neither gzip nor anything".getBytes(UTF_8);

    var found =
        pass(
            LayerFormat.ESTARGZ,
            EqualChunks.one(0, 25, 0, bytes.length, Digest.sha256(bytes)),
            bytes,
            4);

    assertThat(found.diffId()).isEmpty();
    assertThat(found.problem().orElseThrow()).contains("cannot be decompressed");
    assertThat(found.blobDigest()).isEqualTo(Digest.sha256(bytes));
  }

  @Test
  void aBlobThatCannotBeRead_endsThePass_andAbortsTheChunk() throws IOException {
    var built = build(LayerFormat.ESTARGZ, 4 << 20, 0);
    try (var index = index(built)) {
      var good = new MemoryBlob(blob.toByteArray()).open(0, blob.size());
      var broken =
          new BlobStream() {
            private int pieces;

            @Override
            public @Nullable ByteBuffer next() throws IOException {
              if (++pieces == 100) {
                throw new IOException("the network is down");
              }
              return good.next();
            }

            @Override
            public void close() {}
          };

      assertThatThrownBy(
              () -> decoder.decodeWhole(Compression.GZIP, broken, index, sink, TarFollower.NONE))
          .hasMessage("the network is down");
      assertThat(sink.calls.getLast()).startsWith("abort");
    }
  }

  private static class Shuffled implements ChunkTableView {
    private final ChunkTableView chunks;
    private final int[] order;

    Shuffled(ChunkTableView chunks, int[] order) {
      this.chunks = chunks;
      this.order = order;
    }

    @Override
    public int chunkCount() {
      return chunks.chunkCount();
    }

    @Override
    public long chunkDataOffset(int chunk) {
      return chunks.chunkDataOffset(order[chunk]);
    }

    @Override
    public long chunkSize(int chunk) {
      return chunks.chunkSize(order[chunk]);
    }

    @Override
    public long chunkBlobOffset(int chunk) {
      return chunks.chunkBlobOffset(order[chunk]);
    }

    @Override
    public long chunkBlobEnd(int chunk) {
      return chunks.chunkBlobEnd(order[chunk]);
    }

    @Override
    public long chunkInnerOffset(int chunk) {
      return chunks.chunkInnerOffset(order[chunk]);
    }

    @Override
    public void chunkDigest(int chunk, byte[] into) {
      chunks.chunkDigest(order[chunk], into);
    }
  }
}
