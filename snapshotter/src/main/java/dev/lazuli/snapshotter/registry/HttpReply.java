package dev.lazuli.snapshotter.registry;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A response whose head has come and whose body is still on the wire. To be closed; the body may be
 * left unread.
 */
final class HttpReply implements AutoCloseable {
  private final Exchange exchange;
  private final HttpResponse head;
  private final Duration idle;

  HttpReply(Exchange exchange, HttpResponse head, Duration idle) {
    this.exchange = exchange;
    this.head = head;
    this.idle = idle;
  }

  int status() {
    return head.status().code();
  }

  HttpHeaders headers() {
    return head.headers();
  }

  /** Returns the Content-Length, or -1. */
  long contentLength() {
    String text = headers().get("Content-Length");
    try {
      return text == null ? -1 : Math.max(-1, Long.parseLong(text.strip()));
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /** Waits for the next piece of the body, which the caller has to release; null at the end. */
  @Nullable ByteBuf take() throws IOException {
    return exchange.take(idle);
  }

  /**
   * Reads the whole body.
   *
   * @throws IOException if it is longer than {@code limit} bytes
   */
  byte[] readAll(int limit) throws IOException {
    if (contentLength() > limit) {
      throw new IOException("body of " + contentLength() + " bytes, more than " + limit);
    }
    var all = new ByteArrayOutputStream();
    for (ByteBuf piece = take(); piece != null; piece = take()) {
      try {
        if (all.size() + piece.readableBytes() > limit) {
          throw new IOException("body of more than " + limit + " bytes");
        }
        piece.readBytes(all, piece.readableBytes());
      } finally {
        piece.release();
      }
    }
    return all.toByteArray();
  }

  @Override
  public void close() {
    exchange.close();
  }
}
