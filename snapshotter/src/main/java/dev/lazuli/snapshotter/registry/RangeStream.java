package dev.lazuli.snapshotter.registry;

import dev.lazuli.estargz.BlobStream;
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
 * <p>The reader's thread must close it, too, where another one did: a lent piece is taken back only
 * by the thread that reads it.
 */
final class RangeStream implements BlobStream {
  private static final int PROGRESS_BYTES = 1 << 20;

  private final RemoteBlob blob;
  private final long end;
  private final int resumes;
  private final Abort abort = new Abort();
  private long position;
  private long progressFrom;
  private int failures;
  private @Nullable RangeBody body;
  private @Nullable ByteBuf lent;
  private volatile Thread reader = Thread.currentThread();

  private RangeStream(RemoteBlob blob, long offset, long length, int resumes) {
    this.blob = blob;
    this.end = offset + length;
    this.resumes = resumes;
    this.position = offset;
    this.progressFrom = offset;
  }

  /** Opens a range; returns when a host has begun to answer. */
  static RangeStream open(RemoteBlob blob, long offset, long length, int resumes)
      throws IOException {
    var stream = new RangeStream(blob, offset, length, resumes);
    stream.body = blob.request(offset, length, stream.abort);
    return stream;
  }

  @Override
  public @Nullable ByteBuffer next() throws IOException {
    reader = Thread.currentThread();
    takeBack();
    while (position < end) {
      if (abort.isAborted()) {
        throw new IOException("read of " + blob.describe(position, end - position) + ": closed");
      }
      try {
        ByteBuf piece = body().next();
        if (piece != null) {
          return lend(piece);
        }
        endBody(); // a host may give less than asked for; the rest is asked for anew
      } catch (InterruptedIOException | RegistryException e) {
        throw e;
      } catch (IOException e) {
        fail(e);
      }
    }
    return null;
  }

  private RangeBody body() throws IOException {
    if (body == null) {
      body = blob.request(position, end - position, abort);
    }
    return body;
  }

  private ByteBuffer lend(ByteBuf piece) {
    lent = piece;
    position += piece.readableBytes();
    if (position == end) {
      endBody();
    }
    return piece.nioBuffer();
  }

  /** Gives up, or lets the next round ask for the rest. */
  private void fail(IOException failure) throws RegistryException {
    RangeBody broken = body;
    endBody();
    if (position - progressFrom >= PROGRESS_BYTES) {
      progressFrom = position;
      failures = 0;
    }
    failures++;
    if (broken != null && (abort.isAborted() || failures > resumes)) {
      throw HostLoop.exception(
          "read", blob.describe(position, end - position), broken.host(), failure);
    }
  }

  private void endBody() {
    if (body != null) {
      body.close();
      body = null;
    }
  }

  private void takeBack() {
    if (lent != null) {
      lent.release();
      lent = null;
    }
  }

  @Override
  public void close() {
    abort.abort();
    Thread owner = reader;
    if (owner.equals(Thread.currentThread()) || !owner.isAlive()) {
      takeBack();
      endBody();
    }
  }
}
