package dev.lazuli.estargz.read;

import dev.lazuli.estargz.ContentSink;
import dev.lazuli.estargz.checkpoint.Checkpoint;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Keeps in memory what an unpacked layer's files hold, and where its chunks are. */
public final class UnpackSink implements ContentSink, ChunkTableView {
  private record Row(long dataOffset, long size, long blobOffset, long blobEnd, long innerOffset) {}

  private final List<Row> rows = new ArrayList<>();
  private final List<byte[]> digests = new ArrayList<>();
  private final FoundStarts starts = new FoundStarts();
  private byte[] data = new byte[1 << 16];

  /** Returns the data file. */
  public byte[] data(long size) {
    return Arrays.copyOf(data, (int) size);
  }

  @Override
  public void write(long dataOffset, ByteBuffer window) {
    int end = (int) dataOffset + window.remaining();
    if (end > data.length) {
      data = Arrays.copyOf(data, 2 * end);
    }
    window.get(data, (int) dataOffset, window.remaining());
  }

  @Override
  public void chunk(
      long dataOffset, long size, long blobOffset, long blobEnd, long innerOffset, byte[] sha256) {
    rows.add(new Row(dataOffset, size, blobOffset, blobEnd, innerOffset));
    digests.add(sha256);
  }

  @Override
  public void checkpoint(Checkpoint checkpoint, byte[] window) {
    starts.checkpoint(checkpoint, window);
  }

  @Override
  public FoundStarts starts() {
    return starts;
  }

  @Override
  public int chunkCount() {
    return rows.size();
  }

  @Override
  public long chunkDataOffset(int chunk) {
    return rows.get(chunk).dataOffset;
  }

  @Override
  public long chunkSize(int chunk) {
    return rows.get(chunk).size;
  }

  @Override
  public long chunkBlobOffset(int chunk) {
    return rows.get(chunk).blobOffset;
  }

  @Override
  public long chunkBlobEnd(int chunk) {
    return rows.get(chunk).blobEnd;
  }

  @Override
  public long chunkInnerOffset(int chunk) {
    return rows.get(chunk).innerOffset;
  }

  @Override
  public void chunkDigest(int chunk, byte[] into) {
    System.arraycopy(digests.get(chunk), 0, into, 0, into.length);
  }
}
