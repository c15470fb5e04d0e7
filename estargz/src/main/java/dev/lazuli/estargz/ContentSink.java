package dev.lazuli.estargz;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Where the contents of a layer's files go while its blob is read whole, each to its place in the
 * data file. Places only grow. For one thread.
 */
public interface ContentSink {
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
   * @param blobOffset where the compressed stream begins that the chunk begins in
   * @param blobEnd a place in the blob before which all of the chunk's bytes are
   * @param innerOffset what to drop of the decompressed stream before the chunk
   * @param sha256 digest of its bytes
   * @throws IOException if it cannot be kept
   */
  void chunk(
      long dataOffset, long size, long blobOffset, long blobEnd, long innerOffset, byte[] sha256)
      throws IOException;
}
