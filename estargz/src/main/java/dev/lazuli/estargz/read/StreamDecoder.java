package dev.lazuli.estargz.read;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Decompresses streams (gzip members, zstd frames) that follow each other in a blob. Reusable, for
 * one thread at a time; its memory does not depend on the streams' sizes.
 */
sealed interface StreamDecoder extends AutoCloseable
    permits GzipDecoder, ZstdDecoder, PlainDecoder {
  /** Forgets what was, and continues with the stream that starts at the cursor. */
  void start(BlobCursor in, String layer);

  /**
   * Decompresses into {@code out} until it is full or the input ends, across as many streams as it
   * takes. Returns false if the input ended.
   *
   * @param out a direct buffer
   */
  boolean decode(ByteBuffer out) throws IOException;

  /**
   * Returns how many bytes behind the cursor are needed to decompress again what came out so far.
   * zstd holds the last byte of a frame back until all of the frame's output was taken.
   */
  default int heldBack() {
    return 0;
  }

  /**
   * Decompresses into {@code out} until it is full or a stream ends, so that all of it comes from
   * one stream, the one at {@link #streamStart}. Returns false if the input ended before another
   * stream.
   *
   * @param out a direct buffer with room
   */
  boolean decodeStream(ByteBuffer out) throws IOException;

  /** Returns the blob offset at which the stream that was decompressed last begins. */
  long streamStart();

  /** Gives up memory that only the streams so far have needed. */
  default void rest() {}

  /** Frees the decompressor. */
  @Override
  void close();
}
