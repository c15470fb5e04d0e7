package dev.lazuli.snapshotter.fetch;

import dev.lazuli.cache.chunks.StartTable;
import dev.lazuli.estargz.checkpoint.StreamStarts;
import java.nio.ByteBuffer;

/** Shows a stored layer's table of starts to the decoder. */
record CacheStarts(StartTable table) implements StreamStarts {
  @Override
  public int find(long blobOffset) {
    return table.find(blobOffset);
  }

  @Override
  public int bit(int start) {
    return table.bit(start);
  }

  @Override
  public long tarOffset(int start) {
    return table.tarOffset(start);
  }

  @Override
  public ByteBuffer window(int start) {
    return table.window(start);
  }
}
