package dev.lazuli.snapshotter.fetch;

import dev.lazuli.cache.chunks.SpanTable;
import dev.lazuli.estargz.checkpoint.BlobSpans;

/** Shows a stored layer's spans to the decoder. */
record CacheSpans(SpanTable table) implements BlobSpans {
  @Override
  public int count() {
    return table.count();
  }

  @Override
  public int find(long blobOffset) {
    return table.find(blobOffset);
  }

  @Override
  public long start(int span) {
    return table.start(span);
  }

  @Override
  public long end(int span) {
    return table.end(span);
  }

  @Override
  public void digest(int span, byte[] into) {
    table.digest(span, into);
  }
}
