package dev.lazuli.estargz.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Compression;
import dev.lazuli.estargz.ContentSink;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.MemoryBlob;
import dev.lazuli.estargz.checkpoint.Checkpoint;
import dev.lazuli.estargz.checkpoint.StreamStarts;
import dev.lazuli.estargz.read.ChunkDecoder;
import dev.lazuli.estargz.read.ChunkTableView;
import dev.lazuli.estargz.read.CollectingSink;
import dev.lazuli.estargz.read.FoundStarts;
import dev.lazuli.estargz.read.LayerUnpacker;
import dev.lazuli.estargz.read.UnpackedLayer;
import dev.lazuli.estargz.tar.TarFormatException;
import dev.lazuli.estargz.toc.IndexMemory;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Whole layers without an index, in any compression: refused with a reason, or an index, a table of
 * chunks that are found again where it says, and the digests of just these bytes.
 */
class UnpackFuzzTest {
  private static final IndexMemory MEMORY = new IndexMemory(64 << 20, 1);
  private static final int MOST_DECODED = 20;
  private static final LayerUnpacker UNPACKER = new LayerUnpacker(Limits.DEFAULT);

  @FuzzTest(maxDuration = "120s")
  void unpack(byte[] blob) throws IOException {
    FuzzCosts.assertCheap(() -> check(blob));
  }

  private static void check(byte[] blob) throws IOException {
    var source = new MemoryBlob(blob, blob.length % 997 + 1, blob.length % 2 == 0);
    var sink = new CheckingSink(blob.length);
    var share = MEMORY.share("fuzzed", Duration.ZERO);
    Compression compression;
    try (var layer = UNPACKER.unpack(source.open(0, blob.length), "fuzzed", share, sink)) {
      compression = layer.compression();
      checkIndex(layer, sink, blob);
    } catch (LayerFormatException | TarFormatException | EOFException e) {
      // Names of files may have any words in them.
      assertThat(e.getMessage()).isNotNull().doesNotContain(": null", "null: ");
      return;
    } finally {
      MEMORY.share("next", Duration.ZERO).close();
    }
    checkTable(compression, source, sink);
  }

  private static void checkIndex(UnpackedLayer layer, CheckingSink sink, byte[] blob) {
    assertThat(layer.blobDigest()).isEqualTo(Digest.sha256(blob));
    if (layer.compression() == Compression.NONE) {
      assertThat(layer.diffId()).isEqualTo(Digest.sha256(blob));
    }
    assertThat(layer.dataSize()).isGreaterThanOrEqualTo(sink.end);
    var index = layer.index();
    for (int inode = 0; inode < index.inodeCount(); inode++) {
      assertThat(("/" + index.path(inode) + "/").replace("//", "/"))
          .doesNotContain("/../", "/./", "\0");
      if (index.dataOffset(inode) >= 0) {
        assertThat(index.dataOffset(inode) + index.size(inode))
            .isLessThanOrEqualTo(Math.max(layer.dataSize(), index.dataSize()));
      }
    }
  }

  private static void checkTable(Compression compression, MemoryBlob source, CheckingSink table)
      throws IOException {
    try (var decoder = new ChunkDecoder(Limits.DEFAULT)) {
      for (int chunk = 0; chunk < Math.min(MOST_DECODED, table.chunkCount()); chunk++) {
        var found = new CollectingSink();
        long from = table.chunkBlobOffset(chunk);
        var range = source.open(from, table.chunkBlobEnd(chunk) - from);
        decoder.decode(compression, range, from, table, new int[] {chunk}, found);
        assertThat(found.committed).containsOnlyKeys(chunk);
      }
    }
  }

  /** Checks that places only grow, and that each chunk is what was written. */
  private static final class CheckingSink implements ContentSink, ChunkTableView {
    private record Row(long dataOffset, long size, long blobOffset, long blobEnd, long inner) {}

    private final long blobBytes;
    private final List<Row> rows = new ArrayList<>();
    private final List<byte[]> digests = new ArrayList<>();
    private final FoundStarts starts = new FoundStarts();
    private final MessageDigest chunk = Digest.newSha256();
    private long end;
    private long chunkBytes;

    CheckingSink(long blobBytes) {
      this.blobBytes = blobBytes;
    }

    @Override
    public void write(long dataOffset, ByteBuffer window) {
      assertThat(dataOffset).isGreaterThanOrEqualTo(end);
      end = dataOffset + window.remaining();
      chunkBytes += window.remaining();
      chunk.update(window);
    }

    @Override
    public void chunk(
        long dataOffset, long size, long blobOffset, long blobEnd, long inner, byte[] sha256) {
      assertThat(size).isPositive().isEqualTo(chunkBytes);
      assertThat(dataOffset + size).isEqualTo(end);
      assertThat(blobOffset).isNotNegative().isLessThan(blobEnd);
      assertThat(blobEnd).isLessThanOrEqualTo(blobBytes);
      assertThat(inner).isNotNegative();
      assertThat(sha256).isEqualTo(chunk.digest());
      chunkBytes = 0;
      rows.add(new Row(dataOffset, size, blobOffset, blobEnd, inner));
      digests.add(sha256);
    }

    @Override
    public void checkpoint(Checkpoint checkpoint, byte[] window) {
      starts.checkpoint(checkpoint, window);
    }

    @Override
    public StreamStarts starts() {
      return starts;
    }

    @Override
    public int chunkCount() {
      return rows.size();
    }

    @Override
    public long chunkDataOffset(int at) {
      return rows.get(at).dataOffset;
    }

    @Override
    public long chunkSize(int at) {
      return rows.get(at).size;
    }

    @Override
    public long chunkBlobOffset(int at) {
      return rows.get(at).blobOffset;
    }

    @Override
    public long chunkBlobEnd(int at) {
      return rows.get(at).blobEnd;
    }

    @Override
    public long chunkInnerOffset(int at) {
      return rows.get(at).inner;
    }

    @Override
    public void chunkDigest(int at, byte[] into) {
      System.arraycopy(digests.get(at), 0, into, 0, into.length);
    }
  }
}
