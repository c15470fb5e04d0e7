package dev.lazuli.estargz.read;

import dev.lazuli.digest.Digest;

/**
 * The table of a layer whose chunks follow each other in one stream, have one size, and would all
 * have one digest.
 *
 * @param count how many there are
 * @param offset where their stream begins in the blob
 * @param end where it ends
 * @param inner how many decoded bytes of the stream are before the first
 * @param size of each
 */
public record EqualChunks(int count, long offset, long end, long inner, long size, Digest digest)
    implements ChunkTableView {
  /** Returns the table of a layer with one chunk, which is all of its data. */
  public static EqualChunks one(long offset, long end, long inner, long size, Digest digest) {
    return new EqualChunks(1, offset, end, inner, size, digest);
  }

  @Override
  public int chunkCount() {
    return count;
  }

  @Override
  public long chunkDataOffset(int chunk) {
    return chunk * size;
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
    return inner + chunk * size;
  }

  @Override
  public void chunkDigest(int chunk, byte[] into) {
    System.arraycopy(digest.bytes(), 0, into, 0, Digest.SHA256_BYTES);
  }
}
