package dev.lazuli.registry;

import dev.lazuli.registry.hosts.RegistryHost;
import dev.lazuli.registry.http.HttpReply;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The part of a response's body that is the wanted range: what lies before it is dropped as it
 * comes, what lies behind it is never read.
 */
final class RangeBody implements AutoCloseable {
  private final HttpReply reply;
  private final RegistryHost host;
  private final boolean ofWhole;
  private long before;
  private long left;

  /**
   * Cuts a range out of a body.
   *
   * @param before bytes of the body before the range
   * @param length bytes of the range that the body holds
   */
  RangeBody(HttpReply reply, RegistryHost host, long before, long length) {
    this.reply = reply;
    this.host = host;
    this.ofWhole = before > 0;
    this.before = before;
    this.left = length;
  }

  /** Returns whether the host sent the whole blob from its beginning, not the range. */
  boolean isOfWhole() {
    return ofWhole;
  }

  RegistryHost host() {
    return host;
  }

  /**
   * Waits for the next piece of the range, which the caller has to release; null at its end.
   *
   * @throws IOException if the body ends within the range
   */
  @Nullable ByteBuf next() throws IOException {
    while (left > 0) {
      ByteBuf piece = reply.take();
      if (piece == null) {
        throw new IOException("body ended " + (before + left) + " bytes early");
      }
      int dropped = (int) Math.min(before, piece.readableBytes());
      before -= dropped;
      piece.skipBytes(dropped);
      if (piece.readableBytes() > left) {
        piece.writerIndex(piece.readerIndex() + (int) left);
      }
      left -= piece.readableBytes();
      if (left == 0) {
        reply.close();
      }
      if (piece.isReadable()) {
        return piece;
      }
      piece.release();
    }
    return null;
  }

  @Override
  public void close() {
    reply.close();
  }
}
