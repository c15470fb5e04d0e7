package dev.lazuli.cache;

import dev.lazuli.digest.Digest;
import java.io.IOException;
import java.util.HexFormat;

/**
 * A chunk cannot be committed: bytes are missing, its digest is wrong, or a sync has failed while
 * it was written.
 */
public final class CommitRefusedException extends IOException {
  private static final long serialVersionUID = 1;

  private CommitRefusedException(String message) {
    super(message);
  }

  static CommitRefusedException incomplete(Digest layer, int chunk, long size, long written) {
    return new CommitRefusedException(
        "layer %s: commit of chunk %d after %d of %d bytes".formatted(layer, chunk, written, size));
  }

  static CommitRefusedException syncFailed(Digest layer, int chunk) {
    return new CommitRefusedException(
        "layer %s: commit of chunk %d: a sync has failed while it was written"
            .formatted(layer, chunk));
  }

  static CommitRefusedException digest(Digest layer, int chunk, byte[] expected, byte[] actual) {
    return new CommitRefusedException(
        "layer %s: commit of chunk %d: expected sha256 %s, got %s"
            .formatted(
                layer,
                chunk,
                HexFormat.of().formatHex(expected),
                HexFormat.of().formatHex(actual)));
  }
}
