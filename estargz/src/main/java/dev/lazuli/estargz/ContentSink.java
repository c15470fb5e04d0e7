package dev.lazuli.estargz;

import dev.lazuli.estargz.checkpoint.CheckpointSink;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Where the contents of a layer's files go while its blob is read whole, each to its place in the
 * data file. Places only grow. For one thread.
 */
public interface ContentSink extends CheckpointSink {
  /**
   * Takes the next bytes.
   *
   * @param dataOffset their place in the data file
   * @param window borrowed until the call returns, not empty
   * @throws IOException if they cannot be kept
   */
  void write(long dataOffset, ByteBuffer window) throws IOException;

  /**
   * Says that a chunk has been written whole.
   *
   * @param blobOffset where decompression starts for it: at a checkpoint, which may be handed over
   *     later than the chunk, or at the start of a stream
   * @param blobEnd a place in the blob before which all of the chunk's bytes are
   * @param innerOffset what to drop before the chunk of what comes out from there
   * @param sha256 digest of its bytes
   * @throws IOException if it cannot be kept
   */
  void chunk(
      long dataOffset, long size, long blobOffset, long blobEnd, long innerOffset, byte[] sha256)
      throws IOException;

  /**
   * Takes the next bytes of the tar that are neither content nor what fills the last block of one:
   * headers with their extensions, and what ends the archive.
   *
   * @param bytes borrowed until the call returns, not empty
   * @throws IOException if they cannot be kept
   */
  default void headers(ByteBuffer bytes) throws IOException {}
}
