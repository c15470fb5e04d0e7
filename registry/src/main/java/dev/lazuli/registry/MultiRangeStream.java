package dev.lazuli.registry;

import static java.util.Objects.requireNonNull;

import dev.lazuli.estargz.BlobRanges;
import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.ByteRange;
import dev.lazuli.registry.hosts.FromHost;
import dev.lazuli.registry.hosts.HostLoop;
import dev.lazuli.registry.hosts.RegistryHost;
import dev.lazuli.registry.http.Abort;
import dev.lazuli.registry.http.ContentRange;
import dev.lazuli.registry.http.LentPiece;
import dev.lazuli.registry.http.MultipartBody;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Several ranges from one multipart body. Whatever goes wrong with the body, the ranges that are
 * still to come, and the rest of the present one, are fetched singly instead. The same happens when
 * the body holds more parts, or more bytes between the wanted ones, than the request can have led
 * to.
 */
final class MultiRangeStream implements BlobRanges {
  /** A host may join neighbouring ranges to one part, or send gaps along that are this small. */
  private static final long MOST_UNASKED_BYTES = 1 << 20;

  private final BlobHosts blob;
  private final List<ByteRange> ranges;
  private final RegistryHost host;
  private final int resumes;
  private final Abort abort;
  private final LentPiece lent = new LentPiece();
  private @Nullable MultipartBody body;
  private @Nullable ContentRange part;
  private long partPosition;
  private int next;
  private int parts;
  private long unasked;
  private volatile @Nullable Range current;

  /**
   * Delivers ranges.
   *
   * @param answer of a host that was asked for them all; its body is closed with this
   * @param resumes how often a range that is fetched singly may be taken up again, per MiB of it
   */
  MultiRangeStream(
      BlobHosts blob,
      List<ByteRange> ranges,
      MultiRangeCall.Answer answer,
      int resumes,
      Abort abort) {
    this.blob = blob;
    this.ranges = ranges;
    this.host = answer.host();
    this.body = answer.parts();
    this.resumes = resumes;
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
    if (body != null) {
      blob.delivers(range.wanted, host);
    }
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

  /** Goes to an offset within the body; false if the body does not have it. */
  private boolean seek(long offset) throws IOException {
    MultipartBody open = body;
    if (open == null) {
      return false;
    }
    while (part == null || offset > part.last()) {
      part = nextPart(open);
      if (part == null) {
        blob.multiRange().cannot(host); // left out
        return false;
      }
      blob.checkTotal(206, part.total());
      partPosition = part.first();
    }
    if (offset < partPosition) {
      blob.multiRange().cannot(host); // out of order
      return false;
    }
    skip(open, offset - partPosition);
    partPosition = offset;
    return true;
  }

  private @Nullable ContentRange nextPart(MultipartBody open) throws IOException {
    if (part != null) {
      skip(open, part.last() + 1 - partPosition);
    }
    if (++parts > 2 * ranges.size()) {
      throw new IOException("multipart: more parts than were asked for");
    }
    return open.nextPart();
  }

  private void skip(MultipartBody open, long bytes) throws IOException {
    unasked += bytes;
    if (unasked > MOST_UNASKED_BYTES) {
      throw new IOException("multipart: too many bytes outside the ranges that were asked for");
    }
    open.skip(bytes);
  }

  /** One of the ranges. */
  private final class Range implements BlobStream, FromHost {
    private final ByteRange wanted;
    private long position;
    private volatile @Nullable SingleRangeStream single;

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
        var rest = new ByteRange(position, wanted.end() - position);
        single = SingleRangeStream.open(blob, rest, resumes, own);
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
      SingleRangeStream open = single;
      if (open != null) {
        open.close();
      }
    }

    @Override
    public RegistryHost host() {
      SingleRangeStream open = single;
      return open == null ? host : open.host();
    }

    @Override
    public void close() {
      endSingle();
      lent.takeBackIfReader();
    }
  }
}
