package dev.lazuli.snapshotter.registry;

import static java.util.Objects.requireNonNull;

import dev.lazuli.estargz.BlobRanges;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.ByteRange;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Several ranges from one multipart body. Whatever goes wrong with the body, the ranges that are
 * still to come, and the rest of the present one, are fetched singly instead.
 */
final class RangesStream implements BlobRanges {
  private final RemoteBlob blob;
  private final List<ByteRange> ranges;
  private final RegistryHost host;
  private final Abort abort;
  private final LentPiece lent = new LentPiece();
  private @Nullable MultipartBody body;
  private @Nullable ContentRange part;
  private long partPosition;
  private int next;
  private volatile @Nullable Range current;

  RangesStream(RemoteBlob blob, List<ByteRange> ranges, RangesCall.Answer answer, Abort abort) {
    this.blob = blob;
    this.ranges = ranges;
    this.host = answer.host();
    this.body = answer.parts();
    this.abort = abort;
  }

  @Override
  public @Nullable BlobStream next() throws IOException {
    lent.takeBack();
    if (current != null) {
      current.endSingle();
    }
    if (next == ranges.size()) {
      endBody();
      return null;
    }
    var range = new Range(ranges.get(next++));
    current = range;
    if (abort.isAborted()) {
      close();
      throw new IOException("read of " + blob.describe(range.wanted) + ": closed");
    }
    return range;
  }

  @Override
  public void close() {
    abort.abort();
    Range open = current;
    if (open != null) {
      open.close();
    }
    if (lent.takeBackIfReader()) {
      endBody();
    }
  }

  private void endBody() {
    if (body != null) {
      body.close();
      body = null;
    }
  }

  /** Goes to an offset within the body; false where the body has it not. */
  private boolean seek(long offset) throws IOException {
    MultipartBody parts = body;
    if (parts == null) {
      return false;
    }
    while (part == null || offset > part.last()) {
      part = parts.nextPart();
      if (part == null) {
        blob.sendsOneAtATime(host); // left out
        return false;
      }
      blob.checkTotal(206, part.total());
      partPosition = part.first();
    }
    if (offset < partPosition) {
      blob.sendsOneAtATime(host); // out of order
      return false;
    }
    parts.skip(offset - partPosition);
    partPosition = offset;
    return true;
  }

  /** One of the ranges. */
  private final class Range implements BlobStream, FromHost {
    private final ByteRange wanted;
    private long position;
    private volatile @Nullable RangeStream single;

    Range(ByteRange wanted) {
      this.wanted = wanted;
      this.position = wanted.offset();
    }

    @Override
    public @Nullable ByteBuffer next() throws IOException {
      lent.takeBack();
      if (position == wanted.end()) {
        return null;
      }
      if (single == null) {
        try {
          if (seek(position)) {
            if (position == wanted.offset()) {
              blob.delivers(wanted, host);
            }
            return lend();
          }
        } catch (InterruptedIOException e) {
          throw e;
        } catch (IOException e) {
          if (abort.isAborted()) {
            throw HostLoop.exception("read", blob.describe(wanted), host, e);
          }
          blob.bodyFailed(host, e);
        }
        endBody();
        var own = new Abort();
        abort.attach(own::abort);
        single = blob.openSingle(position, wanted.end() - position, own);
      }
      ByteBuffer piece = single.next();
      position += piece == null ? 0 : piece.remaining();
      return piece;
    }

    private ByteBuffer lend() throws IOException {
      ByteBuf piece = requireNonNull(body).take(wanted.end() - position);
      position += piece.readableBytes();
      partPosition += piece.readableBytes();
      return lent.lend(piece);
    }

    private void endSingle() {
      RangeStream open = single;
      if (open != null) {
        open.close();
      }
    }

    @Override
    public RegistryHost host() {
      RangeStream open = single;
      return open == null ? host : open.host();
    }

    @Override
    public void close() {
      endSingle();
      lent.takeBackIfReader();
    }
  }
}
