package dev.lazuli.estargz;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Where decoded chunks go. The decoder calls {@code begin}, {@code write} once per window in order,
 * then exactly one of {@code commit} or {@code abort} for each wanted chunk, chunk after chunk, on
 * its own thread.
 */
public interface ChunkSink {
  /** Starts chunk {@code chunk} (its position in the layer's chunk table). */
  void begin(int chunk) throws IOException;

  /**
   * Takes the next bytes of the chunk. The window is the decoder's: it is reused as soon as this
   * returns.
   */
  void write(ByteBuffer window) throws IOException;

  /**
   * Ends the chunk: all its bytes were written and {@code sha256} (32 bytes) is their digest, which
   * the decoder has compared with the chunk table.
   */
  void commit(byte[] sha256) throws IOException;

  /** Ends the chunk without success: its bytes are to be forgotten. */
  void abort();
}
