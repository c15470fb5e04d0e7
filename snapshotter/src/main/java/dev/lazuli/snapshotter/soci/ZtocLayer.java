package dev.lazuli.snapshotter.soci;

import com.google.errorprone.annotations.MustBeClosed;
import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.NewLayer;
import dev.lazuli.cache.chunks.ChunkTable;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.toc.LayerIndex;
import dev.lazuli.estargz.ztoc.Ztoc;
import dev.lazuli.estargz.ztoc.ZtocSpans;
import dev.lazuli.snapshotter.knowledge.IndexAssembly;
import dev.lazuli.snapshotter.knowledge.IndexQuery;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.Deflater;

/**
 * Makes a layer of what its ztoc says. All chunks of a span begin where the span begins, and have
 * no digest until it has come.
 *
 * @param ztocDigest of the ztoc
 * @param index the layer's files; the one chunk of each has its place in the tar as blob offset
 */
record ZtocLayer(IndexQuery query, Digest ztocDigest, long blobBytes, Ztoc ztoc, LayerIndex index) {
  /** Zeros, and what deflating them may add. */
  private static final int WINDOW_BYTES = 33 << 10;

  private static final byte[] NOT_KNOWN = new byte[Digest.SHA256_BYTES];

  /** Adds it to the store, without content. */
  @MustBeClosed
  LayerData addTo(IndexAssembly assembly) throws IOException {
    var record = query.record(blobBytes, ztoc.compression(), ztocDigest);
    try (var layer = assembly.store().create(record)) {
      assembly.trees().write(index, index.dataSize(), layer.meta());
      addChunks(layer.chunks());
      layer.chunks().dataSize(index.dataSize());
      addSpans(layer);
      return layer.commit();
    }
  }

  private void addChunks(ChunkTable.Builder chunks) throws IOException {
    ztoc.forEachChunk(
        index,
        (dataOffset, size, span, innerOffset) ->
            chunks.add(
                dataOffset,
                size,
                ztoc.spans().start(span),
                ztoc.spans().end(span),
                innerOffset,
                NOT_KNOWN));
  }

  private void addSpans(NewLayer layer) throws IOException {
    var spans = ztoc.spans();
    try (var deflater = new Deflater(Deflater.BEST_SPEED, /* nowrap= */ true)) {
      var deflated = ByteBuffer.allocate(WINDOW_BYTES);
      for (int span = 0; span < spans.count(); span++) {
        deflate(spans, span, deflater, deflated.clear());
        layer.starts().add(spans.start(span), spans.bit(span), spans.tarOffset(span), deflated);
        layer.spans().add(spans.start(span), spans.end(span), spans.digest(span).bytes());
      }
    }
  }

  private static void deflate(ZtocSpans spans, int span, Deflater deflater, ByteBuffer into) {
    var window = spans.window(span);
    if (window.hasRemaining()) {
      deflater.reset();
      deflater.setInput(window);
      deflater.finish();
      var _ = deflater.deflate(into);
    }
    into.flip();
  }
}
