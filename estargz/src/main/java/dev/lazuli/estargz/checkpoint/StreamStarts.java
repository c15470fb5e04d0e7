package dev.lazuli.estargz.checkpoint;

import java.nio.ByteBuffer;

/**
 * Where in a layer's blob decompression can start, in ascending order, numbered from 0: at begins
 * of compressed streams, and at checkpoints within them. Safe for any thread.
 */
public interface StreamStarts {
  /** What {@link #bit} says of the start of a stream. */
  int STREAM = -1;

  /** No start is known but the starts of streams, and of these not where they are in the tar. */
  StreamStarts NONE =
      new StreamStarts() {
        @Override
        public int find(long blobOffset) {
          return -1;
        }

        @Override
        public int bit(int start) {
          throw new IndexOutOfBoundsException(start);
        }

        @Override
        public long tarOffset(int start) {
          throw new IndexOutOfBoundsException(start);
        }

        @Override
        public ByteBuffer window(int start) {
          throw new IndexOutOfBoundsException(start);
        }
      };

  /** Returns the start in a byte of the blob, or -1. */
  int find(long blobOffset);

  /**
   * Returns the first bit of the byte, 0 to 7, that is to be decompressed, 0 being the least
   * significant; or {@link #STREAM} if a stream begins with the byte.
   */
  int bit(int start);

  /** Returns where in the tar the first byte belongs that comes out. */
  long tarOffset(int start);

  /**
   * Returns what came out before a checkpoint, at most 32 KiB of it, deflated (RFC 1951). Bytes to
   * which nothing refers may be zeros. Empty for the start of a stream.
   */
  ByteBuffer window(int start);
}
