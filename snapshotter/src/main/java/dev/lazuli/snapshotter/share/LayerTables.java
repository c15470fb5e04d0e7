package dev.lazuli.snapshotter.share;

import dev.lazuli.cache.NewLayer;
import dev.lazuli.estargz.ContentSink;
import dev.lazuli.estargz.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Writes the chunks and starts of a new layer to its tables; there is no content. */
record LayerTables(NewLayer layer) implements ContentSink {
  @Override
  public void write(long dataOffset, ByteBuffer window) {
    throw new IllegalStateException("an index has no content");
  }

  @Override
  public void chunk(
      long dataOffset, long size, long blobOffset, long blobEnd, long innerOffset, byte[] sha256)
      throws IOException {
    layer.chunks().add(dataOffset, size, blobOffset, blobEnd, innerOffset, sha256);
  }

  @Override
  public void checkpoint(Checkpoint start, byte[] window) throws IOException {
    layer.starts().add(start.blobOffset(), start.bit(), start.tarOffset(), ByteBuffer.wrap(window));
  }
}
