package dev.lazuli.estargz.read;

import dev.lazuli.digest.Digest;

/**
 * The table of a layer of one chunk, which is all of its data.
 *
 * @param offset where the chunk's stream begins in the blob
 * @param end where it ends
 * @param inner how many decoded bytes of the stream are before the chunk
 * @param size of the chunk
 */
public record OneChunk(long offset, long end, long inner, long size, Digest digest)
    implements ChunkTableView {
  @Override
  public int chunkCount() {
    return 1;
  }

  @Override
  public long chunkDataOffset(int chunk) {
    return 0;
  }

  @Override
  public long chunkSize(int chunk) {
    return size;
  }

  @Override
  public long chunkBlobOffset(int chunk) {
    return offset;
  }

  @Override
  public long chunkBlobEnd(int chunk) {
    return end;
  }

  @Override
  public long chunkInnerOffset(int chunk) {
    return inner;
  }

  @Override
  public void chunkDigest(int chunk, byte[] into) {
    System.arraycopy(digest.bytes(), 0, into, 0, Digest.SHA256_BYTES);
  }
}
