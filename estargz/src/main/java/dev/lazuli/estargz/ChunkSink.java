package dev.lazuli.estargz;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Where decoded chunks go. For each wanted chunk, chunk after chunk and on its own thread, the
 * decoder calls {@code begin}, {@code write} once per window in order, then {@code commit}.
 * Whatever fails after {@code begin}, {@code commit} itself included, is followed by {@code abort};
 * nothing is called after that for the chunk.
 */
public interface ChunkSink {
  /** Drops what was decoded, for those to whom only matters that the chunks' digests are right. */
  ChunkSink NOWHERE =
      new ChunkSink() {
        @Override
        public void begin(int chunk) {}

        @Override
        public void write(ByteBuffer window) {}

        @Override
        public void commit(byte[] sha256) {}

        @Override
        public void abort() {}
      };

  /**
   * Starts chunk {@code chunk} (its position in the layer's chunk table). If this throws an
   * exception, nothing was started.
   */
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

  /**
   * Ends the chunk without success: its bytes are to be forgotten. Also follows a {@code commit}
   * that has thrown an exception.
   */
  void abort();
}
