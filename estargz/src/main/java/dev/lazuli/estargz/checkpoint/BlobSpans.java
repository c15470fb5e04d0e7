package dev.lazuli.estargz.checkpoint;

/**
 * Parts of a layer's blob whose compressed bytes have digests, one behind the other, numbered from
 * 0. Neighbours may share one byte. A layer has them where nobody has told the digests of its
 * chunks: then what comes out of a span counts once the whole span was right. Safe for any thread.
 */
public interface BlobSpans {
  /** The chunks have digests of their own. */
  BlobSpans NONE =
      new BlobSpans() {
        @Override
        public int count() {
          return 0;
        }

        @Override
        public int find(long blobOffset) {
          return -1;
        }

        @Override
        public long start(int span) {
          throw new IndexOutOfBoundsException(span);
        }

        @Override
        public long end(int span) {
          throw new IndexOutOfBoundsException(span);
        }

        @Override
        public void digest(int span, byte[] into) {
          throw new IndexOutOfBoundsException(span);
        }
      };

  /** Returns how many there are. */
  int count();

  /** Returns the first span that begins at a place of the blob or behind it; the count if none. */
  int find(long blobOffset);

  /** Returns where the span begins in the blob. */
  long start(int span);

  /** Returns where it ends. */
  long end(int span);

  /** Copies the SHA-256 of its compressed bytes into {@code into}, 32 bytes. */
  void digest(int span, byte[] into);
}
