package dev.lazuli.snapshotter.bulk;

import dev.lazuli.cache.NewData;
import dev.lazuli.cache.NewLayer;
import dev.lazuli.cache.chunks.ChunkTable;
import dev.lazuli.estargz.ContentSink;
import dev.lazuli.estargz.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.LongConsumer;

/** Writes contents to the data file of a new layer, and their places to its tables. */
final class StoreSink implements ContentSink {
  private final NewData data;
  private final ChunkTable.Builder chunks;
  private final NewLayer layer;
  private final LongConsumer written;

  /**
   * Makes a sink.
   *
   * @param layer stays the caller's
   * @param written told how many more bytes were written
   */
  StoreSink(NewLayer layer, LongConsumer written) throws IOException {
    this.data = layer.data();
    this.chunks = layer.chunks();
    this.layer = layer;
    this.written = written;
  }

  @Override
  public void write(long dataOffset, ByteBuffer window) throws IOException {
    int count = window.remaining();
    data.write(dataOffset, window);
    written.accept(count);
  }

  @Override
  public void chunk(
      long dataOffset, long size, long blobOffset, long blobEnd, long innerOffset, byte[] sha256)
      throws IOException {
    chunks.add(dataOffset, size, blobOffset, blobEnd, innerOffset, sha256);
  }

  @Override
  public void checkpoint(Checkpoint checkpoint, byte[] window) throws IOException {
    layer
        .starts()
        .add(
            checkpoint.blobOffset(),
            checkpoint.bit(),
            checkpoint.tarOffset(),
            ByteBuffer.wrap(window));
  }
}
