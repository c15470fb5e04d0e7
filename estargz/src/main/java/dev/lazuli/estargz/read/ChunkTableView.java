package dev.lazuli.estargz.read;

import dev.lazuli.estargz.checkpoint.BlobSpans;
import dev.lazuli.estargz.checkpoint.StreamStarts;

/**
 * The chunks of a layer, numbered from 0 in order of their place in the data file. Bytes of the
 * data file that no chunk covers are zeros (padding, and holes that the layer records as such).
 */
public interface ChunkTableView {
  /** Returns the layer's name for messages, usually its digest. */
  default String layer() {
    return "unnamed";
  }

  /** Returns the number of chunks. */
  int chunkCount();

  /** Returns where the chunk's bytes lie in the data file. */
  long chunkDataOffset(int chunk);

  /** Returns the chunk's size in bytes, at least 1. */
  long chunkSize(int chunk);

  /**
   * Returns where the compressed stream that holds the chunk starts in the blob, or one of the
   * {@link #starts} before the chunk.
   */
  long chunkBlobOffset(int chunk);

  /** Returns a place in the blob before which the chunk ends, exclusive. */
  long chunkBlobEnd(int chunk);

  /** Returns the chunk's position in what is decompressed from there. */
  long chunkInnerOffset(int chunk);

  /** Returns where decompression can start, besides at the starts of streams. */
  default StreamStarts starts() {
    return StreamStarts.NONE;
  }

  /**
   * Returns the spans whose digests stand in for those of chunks; each chunk then begins at a start
   * that begins a span, and ends within it.
   */
  default BlobSpans spans() {
    return BlobSpans.NONE;
  }

  /**
   * Copies the chunk's SHA-256 into {@code into} (32 bytes). All zeros when the layer records none,
   * which only a layer with {@link #spans} or one opened without verification may have.
   */
  void chunkDigest(int chunk, byte[] into);
}
