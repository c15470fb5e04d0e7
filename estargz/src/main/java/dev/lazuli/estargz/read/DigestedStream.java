package dev.lazuli.estargz.read;

import dev.lazuli.estargz.BlobStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * A stream whose bytes are digested as they pass.
 *
 * @param stream closed with this
 * @param digest of all bytes that were read
 */
record DigestedStream(BlobStream stream, MessageDigest digest) implements BlobStream {
  @Override
  public @Nullable ByteBuffer next() throws IOException {
    var piece = stream.next();
    if (piece != null) {
      digest.update(piece.duplicate());
    }
    return piece;
  }

  /** Reads what is left, so that the digest covers all. */
  void drain() throws IOException {
    @Nullable ByteBuffer piece;
    do {
      piece = next();
    } while (piece != null);
  }

  @Override
  public void close() {
    stream.close();
  }
}
