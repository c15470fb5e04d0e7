package dev.lazuli.estargz;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Where decoded chunks go. For each wanted chunk, chunk after chunk and on its own thread, the
 * decoder calls {@code begin}, {@code write} once per window in order, then {@code commit}.
 * Whatever fails after {@code begin}, {@code commit} itself included, is followed by {@code abort};
 * nothing is called after that for the chunk.
 *
 * <p>Where only the compressed bytes of several chunks together have a digest, {@code hold} stands
 * in for each {@code commit}, and {@code commitHeld} or {@code abort} follows for all of them.
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
        public void hold(byte[] sha256) {}

        @Override
        public int commitHeld() {
          return -1;
        }

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
   * Ends the chunk, all of whose bytes were written, without saying whether they are right. It is
   * kept from all others until this is known.
   *
   * @param sha256 digest of its bytes
   */
  default void hold(byte[] sha256) throws IOException {
    throw new UnsupportedOperationException("takes only chunks that have digests");
  }

  /**
   * Says that the chunks being held are right.
   *
   * @return the first of them that somebody else has had with another digest; -1 if there is none
   */
  default int commitHeld() throws IOException {
    throw new UnsupportedOperationException("takes only chunks that have digests");
  }

  /**
   * Ends the chunk, and those being held, without success: their bytes are to be forgotten. Also
   * follows a {@code commit} that has thrown an exception.
   */
  void abort();
}
