package dev.lazuli.estargz.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.ContentSink;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.checkpoint.Checkpoint;
import dev.lazuli.estargz.index.IndexRecorder;
import dev.lazuli.estargz.index.SharedIndex;
import dev.lazuli.estargz.tar.TarFormatException;
import dev.lazuli.estargz.toc.IndexMemory;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.zip.ZipException;

/**
 * Indexes that somebody else has made: refused with a reason, or a tree whose files have places of
 * their own, and chunks and starts within the blob.
 */
class SharedIndexFuzzTest {
  private static final IndexMemory MEMORY = new IndexMemory(64 << 20, 1);
  private static final int LAYER_AT = 8;

  @FuzzTest(maxDuration = "120s")
  void read(byte[] index) throws IOException {
    Path file = Files.createTempFile("fuzzed", ".index");
    try {
      Files.write(file, index);
      FuzzCosts.assertCheap(() -> check(file, layer(index)));
    } finally {
      Files.delete(file);
    }
  }

  /** Returns the layer that the index says it belongs to. */
  private static Digest layer(byte[] index) {
    var padded = Arrays.copyOf(index, LAYER_AT + Digest.SHA256_BYTES);
    return Digest.ofSha256(Arrays.copyOfRange(padded, LAYER_AT, padded.length));
  }

  private static void check(Path file, Digest layer) throws IOException {
    try (var channel = FileChannel.open(file)) {
      var index = SharedIndex.open(channel, layer);
      var sink = new CheckingSink(index.facts().blobBytes());
      try (var tree = index.read(Limits.DEFAULT, MEMORY.share("fuzzed", Duration.ZERO), sink)) {
        checkTree(tree, sink);
      }
    } catch (LayerFormatException | TarFormatException | EOFException | ZipException e) {
      // Names of files may have any words in them.
      assertThat(e.getMessage()).isNotNull().doesNotContain(": null", "null: ");
    } finally {
      MEMORY.share("next", Duration.ZERO).close();
    }
  }

  private static void checkTree(SharedIndex.IndexedLayerTree tree, CheckingSink sink) {
    assertThat(tree.dataSize()).isGreaterThanOrEqualTo(sink.end);
    var index = tree.index();
    for (int inode = 0; inode < index.inodeCount(); inode++) {
      assertThat(("/" + index.path(inode) + "/").replace("//", "/"))
          .doesNotContain("/../", "/./", "\0");
      if (index.dataOffset(inode) >= 0) {
        assertThat(index.dataOffset(inode) + index.size(inode))
            .isLessThanOrEqualTo(tree.dataSize());
      }
    }
  }

  /** Checks that places only grow and lie in the blob. */
  private static final class CheckingSink implements ContentSink {
    private final long blobBytes;
    private long end;
    private Checkpoint last = new Checkpoint(0, 0, 0);

    CheckingSink(long blobBytes) {
      this.blobBytes = blobBytes;
    }

    @Override
    public void write(long dataOffset, ByteBuffer window) {
      throw new AssertionError("an index has no content");
    }

    @Override
    public void chunk(
        long dataOffset, long size, long blobOffset, long blobEnd, long inner, byte[] sha256) {
      assertThat(dataOffset).isGreaterThanOrEqualTo(end);
      assertThat(size).isPositive();
      assertThat(blobOffset).isNotNegative().isLessThan(blobEnd);
      assertThat(blobEnd).isLessThanOrEqualTo(blobBytes);
      assertThat(inner).isBetween(0L, IndexRecorder.MOST_SKIPPED);
      assertThat(sha256).hasSize(Digest.SHA256_BYTES).isNotEqualTo(new byte[Digest.SHA256_BYTES]);
      end = dataOffset + size;
    }

    @Override
    public void checkpoint(Checkpoint start, byte[] window) {
      assertThat(start.blobOffset()).isBetween(last.blobOffset(), blobBytes - 1);
      assertThat(start.tarOffset()).isGreaterThanOrEqualTo(last.tarOffset());
      assertThat(start.bit()).isBetween(-1, 7);
      last = start;
    }
  }
}
