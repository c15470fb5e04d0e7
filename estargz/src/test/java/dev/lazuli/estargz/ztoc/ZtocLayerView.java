package dev.lazuli.estargz.ztoc;

import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.checkpoint.BlobSpans;
import dev.lazuli.estargz.checkpoint.StreamStarts;
import dev.lazuli.estargz.read.ChunkTableView;
import dev.lazuli.estargz.toc.IndexMemory;
import dev.lazuli.estargz.toc.LayerIndex;
import dev.lazuli.estargz.toc.TarIndexer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Deflater;

/** What a layer's ztoc becomes, in memory. */
public final class ZtocLayerView implements ChunkTableView, AutoCloseable {
  /** A chunk; nobody knows its digest. */
  public record Chunk(long dataOffset, long size, int span, long innerOffset) {}

  public final Ztoc ztoc;
  public final LayerIndex index;
  public final List<Chunk> chunks = new ArrayList<>();

  public ZtocLayerView(byte[] file, long blobBytes, Limits limits) throws IOException {
    ztoc = Ztoc.read("test", ByteBuffer.wrap(file), blobBytes, limits);
    var share = new IndexMemory(64 << 20, 1).share("test", Duration.ZERO);
    try (var indexer = new TarIndexer("test", limits, share)) {
      ztoc.addTo(indexer);
      index = indexer.build();
    }
    try {
      ztoc.forEachChunk(
          index,
          (dataOffset, size, span, inner) -> chunks.add(new Chunk(dataOffset, size, span, inner)));
    } catch (IOException e) {
      index.close();
      throw e;
    }
  }

  @Override
  public int chunkCount() {
    return chunks.size();
  }

  @Override
  public long chunkDataOffset(int chunk) {
    return chunks.get(chunk).dataOffset;
  }

  @Override
  public long chunkSize(int chunk) {
    return chunks.get(chunk).size;
  }

  @Override
  public long chunkBlobOffset(int chunk) {
    return ztoc.spans().start(chunks.get(chunk).span);
  }

  @Override
  public long chunkBlobEnd(int chunk) {
    return ztoc.spans().end(chunks.get(chunk).span);
  }

  @Override
  public long chunkInnerOffset(int chunk) {
    return chunks.get(chunk).innerOffset;
  }

  @Override
  public void chunkDigest(int chunk, byte[] into) {
    Arrays.fill(into, (byte) 0);
  }

  @Override
  public StreamStarts starts() {
    return new StreamStarts() {
      @Override
      public int find(long blobOffset) {
        int span = spans().find(blobOffset);
        return span < spans().count() && spans().start(span) == blobOffset ? span : -1;
      }

      @Override
      public int bit(int start) {
        return ztoc.spans().bit(start);
      }

      @Override
      public long tarOffset(int start) {
        return ztoc.spans().tarOffset(start);
      }

      @Override
      public ByteBuffer window(int start) {
        try (var deflater = new Deflater(Deflater.BEST_SPEED, true)) {
          deflater.setInput(ztoc.spans().window(start));
          deflater.finish();
          var bytes = new byte[33 << 10];
          return ByteBuffer.wrap(bytes, 0, deflater.deflate(bytes));
        }
      }
    };
  }

  @Override
  public BlobSpans spans() {
    var spans = ztoc.spans();
    return new BlobSpans() {
      @Override
      public int count() {
        return spans.count();
      }

      @Override
      public int find(long blobOffset) {
        int span = 0;
        while (span < spans.count() && spans.start(span) < blobOffset) {
          span++;
        }
        return span;
      }

      @Override
      public long start(int span) {
        return spans.start(span);
      }

      @Override
      public long end(int span) {
        return spans.end(span);
      }

      @Override
      public void digest(int span, byte[] into) {
        System.arraycopy(spans.digest(span).bytes(), 0, into, 0, into.length);
      }
    };
  }

  @Override
  public void close() {
    index.close();
  }
}
