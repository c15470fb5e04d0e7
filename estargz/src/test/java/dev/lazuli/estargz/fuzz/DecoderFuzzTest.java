package dev.lazuli.estargz.fuzz;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.MemoryBlob;
import dev.lazuli.estargz.read.ChunkDecoder;
import dev.lazuli.estargz.read.ChunkTableView;
import dev.lazuli.estargz.read.CollectingSink;
import dev.lazuli.estargz.read.EqualChunks;
import java.io.IOException;

/** gzip headers, zstd headers, and what follows them: right bytes, or an IOException. */
class DecoderFuzzTest {
  private static final Digest NO_DIGEST = Digest.ofSha256(new byte[Digest.SHA256_BYTES]);

  @FuzzTest(maxDuration = "120s")
  void decoder(FuzzedDataProvider data) throws IOException {
    var compression = data.pickValue(Compression.values());
    var first = data.consumeLong(0, 100);
    var inner = data.consumeLong(0, 1000);
    var size = data.consumeLong(1, 100_000);
    var pieces = data.consumeInt(1, 100);
    var blob = new MemoryBlob(data.consumeRemainingAsBytes(), pieces, pieces % 2 == 0);
    if (blob.size() <= first) {
      return;
    }
    var chunks = new EqualChunks(2, first, blob.size(), inner, size, NO_DIGEST);
    FuzzCosts.assertCheap(() -> decode(compression, blob, chunks, size));
  }

  private static void decode(
      Compression compression, MemoryBlob blob, ChunkTableView chunks, long size) {
    var sink = new CollectingSink();
    try (var decoder = new ChunkDecoder(Limits.DEFAULT)) {
      var range = blob.open(0, blob.size());
      decoder.decode(compression, range, 0, chunks, new int[] {0, 1}, sink);
    } catch (IOException e) {
      // What broken data is to give.
    }
    sink.committed.forEach(
        (chunk, bytes) -> {
          if (bytes.length != size) {
            throw new AssertionError(chunk + " has " + bytes.length + " bytes, expected " + size);
          }
        });
  }
}
