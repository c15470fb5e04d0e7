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
  private final Allowance allowance;
  private final LongConsumer written;

  /** Says whether more may be written. */
  @FunctionalInterface
  interface Allowance {
    /**
     * Returns normally if so many bytes more may be written.
     *
     * @throws IOException if not
     */
    void take(long bytes) throws IOException;
  }

  /**
   * Makes a sink.
   *
   * @param layer stays the caller's
   * @param allowance asked before each write
   * @param written told how many more bytes were written
   */
  StoreSink(NewLayer layer, Allowance allowance, LongConsumer written) throws IOException {
    this.data = layer.data();
    this.chunks = layer.chunks();
    this.layer = layer;
    this.allowance = allowance;
    this.written = written;
  }

  @Override
  public void write(long dataOffset, ByteBuffer window) throws IOException {
    int count = window.remaining();
    allowance.take(count);
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
