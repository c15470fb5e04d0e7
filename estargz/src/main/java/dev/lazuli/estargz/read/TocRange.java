package dev.lazuli.estargz.read;

import dev.lazuli.estargz.BlobStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The compressed TOC as a stream: first what must still be fetched, then what the first request
 * brought.
 */
final class TocRange implements BlobStream {
  private final @Nullable BlobStream front;
  private @Nullable ByteBuffer rest;
  private boolean frontOver;

  /**
   * @param front the range before {@code rest}, null if there is none; closed with this
   * @param rest the end of the TOC
   */
  TocRange(@Nullable BlobStream front, ByteBuffer rest) {
    this.front = front;
    this.rest = rest;
    frontOver = front == null;
  }

  @Override
  public @Nullable ByteBuffer next() throws IOException {
    var piece = frontOver ? null : nextOfFront();
    if (piece == null) {
      piece = rest;
      rest = null;
    }
    return piece == null || !piece.hasRemaining() ? null : piece;
  }

  private @Nullable ByteBuffer nextOfFront() throws IOException {
    var piece = front == null ? null : front.next();
    frontOver = piece == null;
    return piece;
  }

  @Override
  public void close() {
    if (front != null) {
      front.close();
    }
  }
}
