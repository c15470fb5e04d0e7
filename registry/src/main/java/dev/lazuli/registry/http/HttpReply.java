package dev.lazuli.registry.http;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.lazuli.registry.model.LeastRate;
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
public final class HttpReply implements AutoCloseable {
  private final Exchange exchange;
  private final HttpResponse head;
  private final Duration idle;
  private final LeastRate rate;
  private final DocumentBudget documents;

  /** Of the body that was read whole. */
  private DocumentBudget.@Nullable Share share;

  private final String server;
  private @Nullable String redirectedTo;

  /**
   * Makes a reply of an exchange whose head has come.
   *
   * @param idle longest silence inside the body
   * @param rate least speed of the body
   * @param documents memory for bodies that are read whole
   * @param server who sends it
   */
  public HttpReply(
      Exchange exchange,
      HttpResponse head,
      Duration idle,
      LeastRate rate,
      DocumentBudget documents,
      String server) {
    this.exchange = exchange;
    this.head = head;
    this.idle = idle;
    this.rate = rate;
    this.documents = documents;
    this.server = server;
  }

  /** Notes that another server than the one that was asked for sends this, and who. */
  @CanIgnoreReturnValue
  public HttpReply redirectedTo(String other) {
    redirectedTo = other;
    return this;
  }

  /** Returns which other server sends this; null if it is the one that was asked. */
  public @Nullable String redirectedTo() {
    return redirectedTo;
  }

  /** Returns the HTTP status. */
  public int status() {
    return head.status().code();
  }

  /** Returns the headers. */
  public HttpHeaders headers() {
    return head.headers();
  }

  /** Returns the Content-Length, or -1. */
  public long contentLength() {
    String text = headers().get("Content-Length");
    try {
      return text == null ? -1 : Math.max(-1, Long.parseLong(text.strip()));
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /**
   * Waits for the next piece of the body, which the caller has to release; null at the end.
   *
   * @throws IOException if the body breaks off, falls silent or only trickles
   */
  public @Nullable ByteBuf take() throws IOException {
    long began = System.nanoTime();
    ByteBuf piece = exchange.take(idle);
    if (piece != null) {
      try {
        rate.received(piece.readableBytes(), System.nanoTime() - began);
      } catch (IOException e) {
        piece.release();
        throw e;
      }
    }
    return piece;
  }

  /**
   * Reads the whole body, of which the node's documents share a budget of memory. Its share is held
   * until this is closed: a document takes more memory while it is parsed than before.
   *
   * @throws IOException if it is longer than {@code limit} bytes, breaks off, or takes too long
   */
  public byte[] readAll(int limit) throws IOException {
    long length = contentLength();
    if (length > limit) {
      throw new IOException("body of " + length + " bytes, more than " + limit);
    }
    giveShareBack();
    share = documents.take(server, length < 0 ? limit : length);
    return readWithin(limit, (int) Math.max(0, length));
  }

  private byte[] readWithin(int limit, int expected) throws IOException {
    var all = new ByteArrayOutputStream(Math.max(expected, 32));
    long began = System.nanoTime();
    for (ByteBuf piece = take(); piece != null; piece = take()) {
      try {
        if (all.size() + piece.readableBytes() > limit) {
          throw new IOException("body of more than " + limit + " bytes");
        }
        documents.checkTime(all.size(), System.nanoTime() - began);
        piece.readBytes(all, piece.readableBytes());
      } finally {
        piece.release();
      }
    }
    return all.toByteArray();
  }

  private void giveShareBack() {
    var held = share;
    share = null;
    if (held != null) {
      held.close();
    }
  }

  @Override
  public void close() {
    try {
      exchange.close();
    } finally {
      giveShareBack();
    }
  }
}
