package dev.lazuli.registry.http;

import static java.util.Objects.requireNonNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.pool.ChannelPool;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One pooled connection: runs one exchange at a time and goes back to its pool exactly once after
 * each, alive only where the response was read to its end. Confined to its event loop, but for
 * {@link #start}, {@link #send}, {@link #endBody}, {@link #readMore} and {@link #abandon}.
 *
 * <p>While it rests in the pool one read stays pending, so that a server's FIN is seen at once and
 * the pool does not hand out a dead connection.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed close or release changes nothing
final class Connection extends ChannelInboundHandlerAdapter implements Exchange.Carrier {
  /**
   * An abandoned body is read to its end if no more than this is left: that is cheaper than a new
   * TLS handshake.
   */
  private static final long DRAIN_BYTES = 64 << 10;

  private static final long DRAIN_SECONDS = 2;
  private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(60);

  /** A closed channel has no handlers any more, but it still has this. */
  private static final AttributeKey<Connection> SELF = AttributeKey.valueOf("lazuli.connection");

  private final Channel channel;
  private final ChannelPool pool;
  private @Nullable Exchange exchange;
  private boolean keepAlive;
  private boolean interim;

  /** Whether the request's body has not been sent to its end; then nothing else can be sent. */
  private boolean sending;

  /** Bytes of the body not yet received; -1 unknown. */
  private long bodyLeft;

  /**
   * Why the connection broke while no exchange was there to be told: a TLS handshake, for one, may
   * fail between the moment the pool hands the connection out and the request's start.
   */
  private @Nullable Throwable broken;

  private volatile boolean used;
  private long restingSince;
  private boolean restTimed;

  Connection(Channel channel, ChannelPool pool) {
    this.channel = channel;
    this.pool = pool;
    channel.attr(SELF).set(this);
  }

  static Connection of(Channel channel) {
    return requireNonNull(channel.attr(SELF).get());
  }

  /** Returns whether an exchange was run before: the server may have closed it meanwhile. */
  boolean isUsed() {
    return used;
  }

  /** Returns a connection that was acquired but is not needed. Any thread. */
  void giveBack() {
    pool.release(channel);
  }

  /**
   * Sends a request whose response goes to {@code next}; one that is not full is followed by its
   * body.
   */
  void start(Exchange next, HttpRequest request) {
    next.startedOn(this);
    channel.eventLoop().execute(() -> startNow(next, request));
  }

  private void startNow(Exchange next, HttpRequest request) {
    used = true;
    exchange = next;
    keepAlive = false;
    interim = false;
    sending = !(request instanceof FullHttpRequest);
    bodyLeft = -1;
    if (broken != null) {
      fail(next, broken);
      return;
    }
    channel
        .writeAndFlush(request)
        .addListener(
            written -> {
              if (!written.isSuccess()) {
                fail(next, requireNonNull(written.cause()));
              }
            });
    channel.read();
  }

  /**
   * Sends a piece of the request's body and waits until it was taken. The piece stays the caller's.
   *
   * @return false if the exchange is over
   * @throws IOException if the server took nothing for {@code limit}
   */
  boolean send(Exchange of, ByteBuffer piece, Duration limit) throws IOException {
    var taken = new CompletableFuture<Boolean>();
    channel
        .eventLoop()
        .execute(
            () -> {
              if (exchange != of) {
                taken.complete(false);
                return;
              }
              var content = new DefaultHttpContent(Unpooled.wrappedBuffer(piece));
              channel
                  .writeAndFlush(content)
                  .addListener(written -> taken.complete(written.isSuccess()));
            });
    try {
      return taken.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      // The channel may still hold the piece, which its owner is about to use for something else.
      channel.close().awaitUninterruptibly();
      throw new IOException("the server accepted no data for " + limit.toMillis() + " ms", e);
    } catch (InterruptedException e) {
      channel.close().awaitUninterruptibly();
      throw Abort.interrupted();
    } catch (ExecutionException e) {
      throw Failures.ioException(e);
    }
  }

  /** Says that the request's body has been sent. */
  void endBody(Exchange of) {
    channel
        .eventLoop()
        .execute(
            () -> {
              if (exchange == of) {
                sending = false;
                channel.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
              }
            });
  }

  @Override
  public void readMore() {
    channel.read();
  }

  @Override
  public void abandon(Exchange left) {
    channel.eventLoop().execute(() -> abandonNow(left));
  }

  private void abandonNow(Exchange left) {
    if (exchange != left) {
      return;
    }
    if (!keepAlive || bodyLeft < 0 || bodyLeft > DRAIN_BYTES) {
      finish(false);
      return;
    }
    Runnable giveUp =
        () -> {
          if (exchange == left) {
            finish(false);
          }
        };
    channel.eventLoop().schedule(giveUp, DRAIN_SECONDS, TimeUnit.SECONDS);
    channel.read();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    Exchange current = exchange;
    if (current == null || !(message instanceof HttpObject object)) {
      ReferenceCountUtil.release(message);
      channel.close();
      return;
    }
    if (object.decoderResult().isFailure()) {
      ReferenceCountUtil.release(message);
      fail(current, requireNonNull(object.decoderResult().cause()));
      return;
    }
    if (message instanceof HttpResponse response) {
      onHead(current, response);
    }
    if (message instanceof HttpContent content) {
      onContent(current, content);
    }
  }

  private void onHead(Exchange current, HttpResponse response) {
    interim = response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
    if (!interim) {
      keepAlive = HttpUtil.isKeepAlive(response);
      bodyLeft = HttpUtil.getContentLength(response, -1L);
      current.onHead(response);
    }
  }

  private void onContent(Exchange current, HttpContent content) {
    ByteBuf piece = content.content();
    boolean last = content instanceof LastHttpContent;
    if (interim) {
      piece.release();
      return;
    }
    if (bodyLeft >= 0) {
      bodyLeft -= piece.readableBytes();
    }
    current.onPiece(piece);
    if (last) {
      current.onEnd();
      finish(keepAlive);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (exchange != null && exchange.wantsMore()) {
      channel.read();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (exchange != null) {
      fail(exchange, new IOException("the server closed the connection"));
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof SslHandshakeCompletionEvent handshake && !handshake.isSuccess()) {
      lost(requireNonNull(handshake.cause()));
    }
    ctx.fireUserEventTriggered(event);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    lost(cause);
  }

  private void lost(Throwable cause) {
    if (exchange != null) {
      fail(exchange, cause);
    } else {
      // The first cause is the reason; what closing causes is not.
      broken = broken == null ? cause : broken;
      channel.close();
    }
  }

  private void fail(Exchange current, Throwable cause) {
    if (exchange == current) {
      current.onFailure(Failures.ioException(cause));
      finish(false);
    }
  }

  private void finish(boolean reusable) {
    exchange = null;
    if (reusable && !sending) {
      restingSince = System.nanoTime();
      closeAfterRest();
      channel.read();
    } else {
      channel.close();
    }
    pool.release(channel);
  }

  /** Closes the connection once it has rested too long; one timer for each, however often used. */
  private void closeAfterRest() {
    if (!restTimed) {
      restTimed = true;
      long rested = System.nanoTime() - restingSince;
      channel.eventLoop().schedule(this::onRestTimer, REST_NANOS - rested, TimeUnit.NANOSECONDS);
    }
  }

  private void onRestTimer() {
    restTimed = false;
    if (exchange != null || !channel.isOpen()) {
      return;
    }
    if (System.nanoTime() - restingSince >= REST_NANOS) {
      channel.close();
    } else {
      closeAfterRest();
    }
  }
}
