package dev.lazuli.snapshotter.fetch;

import dev.lazuli.cache.LayerData;
import dev.lazuli.cache.chunks.ChunkTable;
import dev.lazuli.estargz.checkpoint.BlobSpans;
import dev.lazuli.estargz.checkpoint.StreamStarts;
import dev.lazuli.estargz.read.ChunkTableView;
import dev.lazuli.snapshotter.fetch.plan.LayerChunks;
import java.util.HexFormat;

/** Shows a stored layer's chunk table to the decoder and to the scheduler. */
public final class CacheChunkView implements ChunkTableView, LayerChunks {
  private final String layer;
  private final LayerData data;
  private final ChunkTable chunks;
  private final StreamStarts starts;
  private final BlobSpans spans;

  /** Shows the table of an open layer, while it is open. */
  public CacheChunkView(LayerData data) {
    this.layer = data.record().digest().toString();
    this.data = data;
    this.chunks = data.chunks();
    this.starts = new CacheStarts(data.starts());
    this.spans = data.spans().count() == 0 ? BlobSpans.NONE : new CacheSpans(data.spans());
  }

  @Override
  public String layer() {
    return layer;
  }

  @Override
  public int chunkCount() {
    return chunks.count();
  }

  @Override
  public long chunkDataOffset(int chunk) {
    return chunks.dataOffset(chunk);
  }

  @Override
  public long chunkSize(int chunk) {
    return chunks.size(chunk);
  }

  @Override
  public long chunkBlobOffset(int chunk) {
    return chunks.blobOffset(chunk);
  }

  @Override
  public long chunkBlobEnd(int chunk) {
    return chunks.blobEnd(chunk);
  }

  @Override
  public long chunkInnerOffset(int chunk) {
    return chunks.innerOffset(chunk);
  }

  @Override
  public void chunkDigest(int chunk, byte[] into) {
    chunks.digest(chunk, into);
  }

  @Override
  public StreamStarts starts() {
    return starts;
  }

  @Override
  public BlobSpans spans() {
    return spans;
  }

  @Override
  public boolean comeTogether() {
    return spans.count() > 0;
  }

  @Override
  public boolean blobOrdered() {
    return chunks.blobOrdered();
  }

  @Override
  public int nextMissing(int from, int to) {
    return data.nextMissing(from, to);
  }

  @Override
  public int presentCount() {
    return data.presentCount();
  }

  @Override
  public long diskBytes(int chunk) {
    return data.diskBytes(chunk);
  }

  @Override
  public long roomInAdvance() {
    return data.roomInAdvance();
  }

  @Override
  public String describe(int chunk) {
    byte[] digest = new byte[32];
    chunks.digest(chunk, digest);
    return "chunk %d (blob bytes %d-%d, %d bytes of sha256:%s)"
        .formatted(
            chunk,
            chunks.blobOffset(chunk),
            chunks.blobEnd(chunk) - 1,
            chunks.size(chunk),
            HexFormat.of().formatHex(digest));
  }
}
