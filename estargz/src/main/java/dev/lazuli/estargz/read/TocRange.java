package dev.lazuli.estargz.read;

import dev.lazuli.estargz.BlobStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * The compressed TOC as a stream: what must be fetched, then what the first request brought
 * already; digested on the way.
 */
final class TocRange implements BlobStream {
  private final @Nullable BlobStream front;
  private final MessageDigest digest;
  private @Nullable ByteBuffer rest;
  private boolean frontOver;

  /**
   * @param front the range before {@code rest}, null if there is none; closed with this
   * @param rest the end of the TOC
   * @param digest receives the compressed bytes
   */
  TocRange(@Nullable BlobStream front, ByteBuffer rest, MessageDigest digest) {
    this.front = front;
    this.rest = rest;
    this.digest = digest;
    frontOver = front == null;
  }

  @Override
  public @Nullable ByteBuffer next() throws IOException {
    var piece = frontOver ? null : nextOfFront();
    if (piece == null) {
      piece = rest;
      rest = null;
    }
    if (piece == null || !piece.hasRemaining()) {
      return null;
    }
    digest.update(piece.duplicate());
    return piece;
  }

  private @Nullable ByteBuffer nextOfFront() throws IOException {
    var piece = front == null ? null : front.next();
    frontOver = piece == null;
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
    if (front != null) {
      front.close();
    }
  }
}
