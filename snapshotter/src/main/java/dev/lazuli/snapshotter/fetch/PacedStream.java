package dev.lazuli.snapshotter.fetch;

import dev.lazuli.estargz.BlobRanges;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.ByteRange;
import dev.lazuli.snapshotter.fetch.plan.Flight;
import dev.lazuli.snapshotter.fetch.plan.Priority;
import dev.lazuli.snapshotter.fetch.plan.StreamEnded;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The ranges of a request as its stream's decoder sees them, one after the other: each piece passes
 * the {@link Gate}, is paid for from the background budget, and counted. Pieces are handed through,
 * not copied.
 */
final class PacedStream implements BlobStream {
  /** Pieces that any range may come in. */
  private static final int FREE_PIECES = 512;

  /** Beyond these, pieces have to have so many bytes on average. */
  private static final int LEAST_PIECE_BYTES = 128;

  /** A stream that stood aside for more than an eighth of its time tells nothing of its rate. */
  private static final int MOST_HELD = 8;

  private final StreamParts parts;
  private final StreamSource source;
  private final Flight flight;
  private final List<ByteRange> ranges;
  private @Nullable BlobRanges bodies;
  private @Nullable BlobStream body;
  private int entered;
  private int pieces;
  private long opened;
  private long bytes;
  private long bytesBefore;
  private long heldNanos;
  private long firstByteAt;
  private int firstPiece;

  PacedStream(StreamParts parts, StreamSource source, List<ByteRange> ranges) {
    this.parts = parts;
    this.source = source;
    this.flight = source.flight();
    this.ranges = ranges;
  }

  /** Goes to the next range; returns whether it is the first, for which all are asked for. */
  boolean enterNext() throws IOException {
    bytesBefore += bytes;
    bytes = 0;
    pieces = 0;
    body = null;
    BlobRanges open = bodies;
    if (open == null) {
      opened = parts.now();
      open = source.open(ranges);
      bodies = open;
    }
    entered++;
    flight.meter().enters(range().offset());
    body = source.next(open);
    return entered == 1;
  }

  private ByteRange range() {
    return ranges.get(entered - 1);
  }

  /** Returns how many bytes of the present range were delivered. */
  long bytes() {
    return bytes;
  }

  @Override
  public @Nullable ByteBuffer next() throws IOException {
    BlobStream open = body;
    if (open == null) {
      throw new IOException("stream is closed");
    }
    long before = parts.now();
    parts.gate().pass(source);
    heldNanos += parts.now() - before;
    if (source.isKilled()) {
      throw new StreamEnded();
    }
    ByteBuffer piece = source.waitFor(open::next);
    if (piece != null) {
      arrived(piece.remaining());
    }
    return piece;
  }

  private void arrived(int length) throws IOException {
    String layer = source.layer().name();
    if (bytes == 0) {
      if (bytesBefore == 0) {
        parts.events().receiving(flight);
        firstByteAt = parts.now();
        firstPiece = length;
        source.layer().link().firstByte(firstByteAt - opened - heldNanos);
        heldNanos = 0;
      }
      parts.listener().firstByte(layer, range().offset());
    }
    bytes += length;
    flight.meter().got(length);
    Priority priority = flight.priority();
    parts.listener().bytesFetched(layer, length, priority);
    if (++pieces > FREE_PIECES + range().length() / LEAST_PIECE_BYTES) {
      source.failed();
      throw new IOException(
          "layer %s: %d of %d bytes at blob offset %d arrived in %d pieces, which is far too many"
              .formatted(layer, bytes, range().length(), range().offset(), pieces));
    }
    if (priority == Priority.BACKGROUND) {
      long before = parts.now();
      parts.gate().hold(source, parts.events().backgroundPause(length));
      heldNanos += parts.now() - before;
    }
  }

  /** What came while the stream stood aside says how fast it reads its own buffers. */
  private void learn() {
    long nanos = parts.now() - firstByteAt;
    if (firstPiece > 0 && heldNanos <= nanos / MOST_HELD) {
      source.layer().link().transferred(bytesBefore + bytes - firstPiece, nanos);
    }
    parts.events().learnt(source.layer());
  }

  @Override
  public void close() {
    BlobRanges open = bodies;
    if (open != null) {
      bodies = null;
      body = null;
      source.close(open);
      learn();
    }
  }
}
