package dev.lazuli.registry;

import dev.lazuli.estargz.BlobStream;
import dev.lazuli.estargz.ByteRange;
import dev.lazuli.registry.hosts.FromHost;
import dev.lazuli.registry.hosts.HostLoop;
import dev.lazuli.registry.hosts.RegistryHost;
import dev.lazuli.registry.http.Abort;
import dev.lazuli.registry.http.LentPiece;
import dev.lazuli.registry.model.RegistryException;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One range of a blob as it comes from the socket: the pieces are the receive buffers themselves.
 * When the body breaks off, the rest is asked for again, from the same or another host, and the
 * reader does not notice.
 *
 * <p>The reader's thread must close it, too, where another one did: see {@link LentPiece}.
 */
final class SingleRangeStream implements BlobStream, FromHost {
  private static final int PROGRESS_BYTES = 1 << 20;

  /** A host that sends less than this for a request is given up: each would cost a round trip. */
  private static final int SHORT_BYTES = 16 << 10;

  private final BlobHosts blob;
  private final long end;
  private final int resumes;
  private final Abort abort;
  private final LentPiece lent = new LentPiece();
  private long position;
  private long progressFrom;
  private long bodyFrom;
  private int failures;
  private @Nullable RangeBody body;
  private volatile RegistryHost host;

  /** Asks for a range, and delivers it. */
  static SingleRangeStream open(BlobHosts blob, ByteRange range, int resumes, Abort abort)
      throws IOException {
    RangeBody first = SingleRangeCall.ask(blob, range, abort);
    return new SingleRangeStream(blob, range, first, resumes, abort);
  }

  /**
   * Delivers a range.
   *
   * @param resumes how often a body that broke off is asked for again, per MiB of the range
   * @param first the answer of a host that has begun to send it; closed with this
   */
  SingleRangeStream(BlobHosts blob, ByteRange range, RangeBody first, int resumes, Abort abort) {
    this.blob = blob;
    this.end = range.end();
    this.resumes = resumes;
    this.abort = abort;
    this.position = range.offset();
    this.progressFrom = range.offset();
    this.bodyFrom = range.offset();
    this.body = first;
    this.host = first.host();
  }

  @Override
  public @Nullable ByteBuffer next() throws IOException {
    lent.takeBack();
    while (position < end) {
      if (abort.isAborted()) {
        endBody();
        throw new IOException("read of " + describeRest() + ": closed");
      }
      try {
        ByteBuf piece = body().next();
        if (piece != null) {
          return lend(piece);
        }
        endShortBody();
      } catch (InterruptedIOException | RegistryException e) {
        throw e;
      } catch (IOException e) {
        fail(e);
      }
    }
    return null;
  }

  /** A host may send less than was asked for: the rest is asked for again, within reason. */
  private void endShortBody() throws IOException {
    endBody();
    long given = position - bodyFrom;
    if (given < SHORT_BYTES) {
      throw new IOException("sends only " + given + " bytes of the range at a time");
    }
  }

  private RangeBody body() throws IOException {
    RangeBody open = body;
    if (open == null) {
      bodyFrom = position;
      open = SingleRangeCall.ask(blob, rest(), abort);
      body = open;
      host = open.host();
    }
    return open;
  }

  private ByteBuffer lend(ByteBuf piece) {
    position += piece.readableBytes();
    if (position == end) {
      endBody();
    }
    return lent.lend(piece);
  }

  /** Gives up, or lets the next round ask for the rest. */
  private void fail(IOException failure) throws RegistryException {
    endBody();
    if (position - progressFrom >= PROGRESS_BYTES) {
      progressFrom = position;
      failures = 0;
    }
    failures++;
    if (abort.isAborted() || failures > resumes) {
      throw HostLoop.exception("read", describeRest(), host, failure);
    }
    blob.bodyFailed(host, failure);
  }

  private String describeRest() {
    return blob.describe(rest());
  }

  private ByteRange rest() {
    return new ByteRange(position, end - position);
  }

  private void endBody() {
    if (body != null) {
      body.close();
      body = null;
    }
  }

  @Override
  public RegistryHost host() {
    return host;
  }

  @Override
  public void close() {
    abort.abort();
    if (lent.takeBackIfReader()) {
      endBody();
    }
  }
}
