package dev.lazuli.estargz.read;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.DigestMismatchException;
import dev.lazuli.estargz.checkpoint.BlobSpans;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Digests the spans of a blob as its bytes pass by on their way to a decoder. */
final class SpanCheck implements BlobStream {
  private final BlobStream range;
  private final BlobSpans spans;
  private final String layer;
  private final MessageDigest sha256 = Digest.newSha256();
  private final byte[] expected = new byte[Digest.SHA256_BYTES];

  /** Blob offset of the next byte. */
  private long at;

  /** The first span that has not passed whole; those before the range count as passed. */
  private int next;

  private @Nullable DigestMismatchException wrong;

  /**
   * Checks the spans that begin within a range.
   *
   * @param rangeOffset where the range starts in the blob
   */
  SpanCheck(BlobStream range, long rangeOffset, BlobSpans spans, String layer) {
    this.range = range;
    this.spans = spans;
    this.layer = layer;
    at = rangeOffset;
    next = spans.find(rangeOffset);
  }

  @Override
  public @Nullable ByteBuffer next() throws IOException {
    var piece = range.next();
    if (piece != null) {
      pass(piece.duplicate());
    }
    return piece;
  }

  private void pass(ByteBuffer piece) {
    long end = at + piece.remaining();
    int first = piece.position();
    while (next < spans.count() && spans.start(next) < end) {
      long from = Math.max(at, spans.start(next));
      long to = Math.min(end, spans.end(next));
      sha256.update(
          piece.duplicate().position(first + (int) (from - at)).limit(first + (int) (to - at)));
      if (to < spans.end(next)) {
        break;
      }
      judge(next++);
    }
    at = end;
  }

  private void judge(int span) {
    spans.digest(span, expected);
    byte[] actual = sha256.digest();
    if (wrong == null && !MessageDigest.isEqual(expected, actual)) {
      var part = "span at blob bytes %d-%d".formatted(spans.start(span), spans.end(span) - 1);
      wrong = new DigestMismatchException(layer, part, expected, actual);
    }
  }

  /** Returns whether the last byte of a span has passed. */
  boolean hasPassed(int span) {
    return span < next;
  }

  /** Returns the first span's error that was wrong; empty while all were right. */
  Optional<DigestMismatchException> wrong() {
    return Optional.ofNullable(wrong);
  }

  @Override
  public void close() {
    range.close();
  }
}
