package dev.lazuli.estargz;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Several ranges of a blob on their way, one after the other. Used by one thread; {@link #close}
 * may come from any thread and ends a wait for bytes, and the using thread must close it, too.
 */
public interface BlobRanges extends AutoCloseable {
  /**
   * Goes to the next range, in the order they were asked for. What is left of the one before is
   * dropped, and its stream must not be used any more.
   *
   * @return its bytes, or null after the last range
   * @throws IOException if the range cannot be opened
   */
  @Nullable BlobStream next() throws IOException;

  /** Gives everything back. Idempotent. */
  @Override
  void close();
}
