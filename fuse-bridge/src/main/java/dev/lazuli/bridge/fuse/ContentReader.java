package dev.lazuli.bridge.fuse;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** Puts a layer's bytes where the bridge wants them: usually one read of the layer's data file. */
@FunctionalInterface
public interface ContentReader {
  /**
   * Fills {@code dst} to its last byte.
   *
   * @param dst native memory of the bridge, valid during the call only; as long as the read asked
   * @param offset where the first byte lies in the layer's data file
   * @throws IOException if a byte cannot be read; the reader then sees {@code EIO}, never fewer
   *     bytes
   */
  void read(MemorySegment dst, long offset) throws IOException;
}
