package dev.lazuli.estargz.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.toc.LayerFacts;
import dev.lazuli.estargz.toc.LayerIndex;
import dev.lazuli.estargz.toc.LayerIndexBuilder;
import dev.lazuli.estargz.toc.OpaqueXattr;
import java.io.ByteArrayInputStream;
import java.io.IOException;

class TocFuzzTest {
  private static final long PAYLOAD_END = 1 << 20;

  @FuzzTest(maxDuration = "120s")
  void toc(byte[] json) throws IOException {
    FuzzCosts.assertCheap(() -> read(json));
  }

  private static void read(byte[] json) throws IOException {
    var facts =
        new LayerFacts(
            LayerFormat.ZSTD_CHUNKED,
            Digest.ofSha256(new byte[32]),
            Digest.ofSha256(new byte[32]),
            PAYLOAD_END,
            false);
    try (var builder = new LayerIndexBuilder("fuzz", Limits.DEFAULT, OpaqueXattr.USER)) {
      builder.read(new ByteArrayInputStream(json));
      try (var index = builder.build(facts)) {
        walk(index);
        checkChunks(index);
      }
    } catch (LayerFormatException e) {
      // What a broken TOC is to give.
    }
  }

  private static void walk(LayerIndex index) {
    var names = new int[1];
    for (int inode = 0; inode < index.inodeCount(); inode++) {
      index.forEachXattr(inode, (name, value) -> require(name.byteSize() <= 255));
      index.forEachChild(
          inode,
          (name, child) -> {
            require(name.byteSize() > 0 && name.byteSize() <= 255);
            require(child > 0 && child < index.inodeCount());
            names[0]++;
          });
      require(index.path(inode).isEmpty() == (inode == 0));
      require(index.linkCount(inode) > 0);
      require(index.dataOffset(inode) % 4096 == 0 || index.dataOffset(inode) == -1);
      require(index.linkTarget(inode).byteSize() <= 4095);
    }
    require(names[0] >= index.inodeCount() - 1);
  }

  private static void checkChunks(LayerIndex index) {
    var end = 0L;
    for (int chunk = 0; chunk < index.chunkCount(); chunk++) {
      require(index.chunkSize(chunk) > 0);
      require(index.chunkDataOffset(chunk) >= end);
      end = index.chunkDataOffset(chunk) + index.chunkSize(chunk);
      require(index.chunkBlobOffset(chunk) < index.chunkBlobEnd(chunk));
      require(index.chunkBlobEnd(chunk) <= PAYLOAD_END);
      require(index.chunkInnerOffset(chunk) >= 0);
    }
    require(end <= index.dataSize());
  }

  private static void require(boolean holds) {
    if (!holds) {
      throw new AssertionError();
    }
  }
}
