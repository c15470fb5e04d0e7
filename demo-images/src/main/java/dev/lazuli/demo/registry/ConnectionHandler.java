package dev.lazuli.demo.registry;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * One connection: takes requests one after the other and holds back what a client sends ahead until
 * the answer before it is complete.
 */
final class ConnectionHandler extends ChannelInboundHandlerAdapter {
  private static final int MAX_AHEAD = 64;

  private final RegistryCore core;
  private final boolean tls;
  private final Queue<HttpObject> ahead = new ArrayDeque<>();
  private @Nullable IncomingRequest request;
  private @Nullable RegistryExchange exchange;
  private @Nullable ReplySender reply;
  private boolean fresh = true;
  private boolean catchingUp;

  ConnectionHandler(RegistryCore core, boolean tls) {
    this.core = core;
    this.tls = tls;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    core.counters().connected();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) throws IOException {
    if (reply == null) {
      take(context, (HttpObject) message);
    } else {
      ahead.add((HttpObject) message);
      context.channel().config().setAutoRead(ahead.size() < MAX_AHEAD);
    }
  }

  private void take(ChannelHandlerContext context, HttpObject message) throws IOException {
    try {
      if (message instanceof HttpRequest head) {
        begin(context, head);
      }
      if (message instanceof HttpContent content && exchange != null) {
        exchange.take(content.content());
        if (message instanceof LastHttpContent) {
          answer(context);
        }
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void begin(ChannelHandlerContext context, HttpRequest head) {
    request = IncomingRequest.read(head, tls);
    core.counters().requested(request.described());
    if (HttpUtil.is100ContinueExpected(head)) {
      var _ =
          context.writeAndFlush(
              new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE));
    }
    exchange = core.routes().open(request);
  }

  private void answer(ChannelHandlerContext context) {
    if (request != null && exchange != null) {
      reply = new ReplySender(core, context.channel(), request, () -> answered(context));
      reply.start(fresh ? 2 : 1, exchange);
      fresh = false;
    }
  }

  private void answered(ChannelHandlerContext context) {
    reply = null;
    exchange = null;
    context.channel().config().setAutoRead(true);
    if (!catchingUp) { // otherwise the loop below goes on, and the stack stays flat
      catchUp(context);
    }
  }

  private void catchUp(ChannelHandlerContext context) {
    catchingUp = true;
    try {
      while (reply == null && !ahead.isEmpty()) {
        take(context, ahead.remove());
      }
    } catch (IOException e) {
      context.fireExceptionCaught(e);
    } finally {
      catchingUp = false;
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (reply != null) {
      reply.writable();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    ahead.forEach(ReferenceCountUtil::release);
    ahead.clear();
  }

  /** A failure on a connection ends it; the client notices, and no other connection is affected. */
  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    var _ = context.close();
  }
}
