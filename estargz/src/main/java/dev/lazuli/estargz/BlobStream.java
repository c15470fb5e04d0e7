package dev.lazuli.estargz;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one blob range, lent piece by piece. The pieces are the transport's own buffers:
 * nothing is copied on the way to the decoder. Used by one thread; {@link #close} may come from any
 * thread and ends a blocked {@link #next}.
 */
public interface BlobStream extends AutoCloseable {
  /**
   * Returns the next piece, not empty, borrowed until the next call of {@code next} or {@code
   * close}; null at the end of the range.
   *
   * @throws IOException if the transport fails or ends before the whole range was delivered
   */
  @Nullable ByteBuffer next() throws IOException;

  /** Gives the borrowed piece and the transport back. Idempotent. */
  @Override
  void close();
}
