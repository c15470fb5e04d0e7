package dev.lazuli.estargz.read;

import dev.lazuli.estargz.BlobStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A place in a blob that moves forward through the pieces of a range, without copying them. */
final class BlobCursor {
  private final BlobStream range;

  /** Blob offset of index 0 of {@link #piece}. */
  private long pieceStart;

  private ByteBuffer piece = ByteBuffer.allocate(0);
  private int pieceEnd;
  private long end = Long.MAX_VALUE;

  /** Makes a cursor at blob offset {@code rangeOffset}, where the range starts. */
  BlobCursor(BlobStream range, long rangeOffset) {
    this.range = range;
    pieceStart = rangeOffset;
  }

  /** Returns the blob offset of the next byte. */
  long position() {
    return pieceStart + piece.position();
  }

  /** Sets the blob offset behind which {@link #piece} and {@link #read} give nothing. */
  void end(long newEnd) {
    end = newEnd;
    bound();
  }

  /**
   * Returns the rest of the current piece up to the end, at least one byte; the caller moves its
   * position over what it takes. Null at the end.
   *
   * @throws EOFException if the range is over before an end that was set
   */
  @Nullable ByteBuffer piece() throws IOException {
    bound();
    while (!piece.hasRemaining()) {
      if (position() >= end || !advance()) {
        return null;
      }
    }
    return piece;
  }

  /** Returns what {@link #piece()} does, or only the first bytes of it: the next call goes on. */
  @Nullable ByteBuffer piece(int most) throws IOException {
    var next = piece();
    if (next != null && next.remaining() > most) {
      next.limit(next.position() + most);
    }
    return next;
  }

  /** Returns the next byte, or -1 at the end. */
  int read() throws IOException {
    var next = piece();
    return next == null ? -1 : next.get() & 0xff;
  }

  /** Drops what lies before blob offset {@code target}, which is not behind the cursor. */
  void skipTo(long target) throws IOException {
    if (target < position()) {
      throw new IllegalArgumentException("blob offset " + target + " is before " + position());
    }
    while (position() < target) {
      var next = piece();
      if (next == null) {
        throw new EOFException(
            "blob range ends at " + position() + ", expected to reach " + target);
      }
      next.position(next.position() + (int) Math.min(next.remaining(), target - position()));
    }
  }

  private boolean advance() throws IOException {
    var at = pieceStart + pieceEnd;
    var next = range.next();
    if (next == null) {
      if (end != Long.MAX_VALUE) {
        throw new EOFException("blob range ends at " + at + ", expected to reach " + end);
      }
      return false;
    }
    piece = next;
    pieceEnd = next.limit();
    pieceStart = at - next.position();
    bound();
    return true;
  }

  private void bound() {
    piece.limit(Math.clamp(end - pieceStart, piece.position(), pieceEnd));
  }
}
