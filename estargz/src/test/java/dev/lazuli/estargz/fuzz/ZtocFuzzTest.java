package dev.lazuli.estargz.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.ztoc.ZtocLayerView;
import java.io.IOException;

/** A ztoc comes from a registry: it is read, or refused, and costs little. */
class ZtocFuzzTest {
  private static final long BLOB_BYTES = 10_000;

  @FuzzTest(maxDuration = "120s")
  void ztoc(byte[] file) throws IOException {
    FuzzCosts.assertCheap(() -> read(file));
  }

  private static void read(byte[] file) {
    try (var layer = new ZtocLayerView(file, BLOB_BYTES, Limits.DEFAULT)) {
      long end = 0;
      int span = 0;
      for (var chunk : layer.chunks) {
        require(chunk.dataOffset() >= end && chunk.size() > 0);
        end = chunk.dataOffset() + chunk.size();
        require(chunk.span() >= span);
        span = chunk.span();
        var spans = layer.ztoc.spans();
        require(chunk.innerOffset() >= 0);
        require(spans.tarOffset(span) + chunk.innerOffset() + chunk.size() <= spans.tarEnd(span));
        require(spans.start(span) >= 0 && spans.end(span) <= BLOB_BYTES);
      }
      require(end <= layer.index.dataSize());
    } catch (IOException e) {
      // What a broken ztoc is to give.
    }
  }

  private static void require(boolean holds) {
    if (!holds) {
      throw new AssertionError("a ztoc was believed");
    }
  }
}
