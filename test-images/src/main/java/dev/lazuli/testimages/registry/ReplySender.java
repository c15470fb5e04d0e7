package dev.lazuli.testimages.registry;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Answers one request: after the link's round trip, rightly or with a fault. */
final class ReplySender {
  private final RegistryCore core;
  private final Channel channel;
  private final IncomingRequest request;
  private final Runnable answered;
  private @Nullable BodyPump pump;

  /**
   * Prepares an answer.
   *
   * @param answered called once the whole answer was written and the connection may go on
   */
  ReplySender(RegistryCore core, Channel channel, IncomingRequest request, Runnable answered) {
    this.core = core;
    this.channel = channel;
    this.request = request;
    this.answered = answered;
  }

  /**
   * Starts the answer.
   *
   * @param roundTrips how many round trips of the link pass before it
   */
  void start(int roundTrips, RegistryExchange exchange) {
    var delay = core.link().roundTripNanos() * roundTrips;
    if (request.fault() instanceof Fault.SlowHeaders(Duration slow)) {
      delay += slow.toNanos();
    }
    later(delay, () -> answer(exchange));
  }

  /** Goes on after the socket's buffer was full. */
  void writable() {
    if (pump != null) {
      pump.run();
    }
  }

  private void answer(RegistryExchange exchange) {
    try {
      var reply = exchange.finish();
      switch (request.fault()) {
        case Fault.NoAnswer() -> close();
        case Fault.Reset(long after) -> send(reply, after, this::reset);
        case Fault.ShortBody(long bytes) -> send(reply, bytes, this::close);
        case Fault.Stall(long after, Duration pause) ->
            send(reply, after, () -> later(pause.toNanos(), this::resume));
        case null, default -> send(reply, Long.MAX_VALUE, this::finish);
      }
    } catch (IOException | RuntimeException e) {
      channel.pipeline().fireExceptionCaught(e);
    }
  }

  private void send(Reply reply, long limit, Runnable then) {
    var head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, reply.status(), reply.headers());
    if (!request.keepAlive()) {
      head.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
    core.counters().answered(request.described(), reply.status());
    var _ = channel.writeAndFlush(head);
    var body = request.isHead() ? List.<Reply.Part>of() : reply.body();
    var content = reply.status().codeClass() == HttpStatusClass.SUCCESS;
    pump =
        new BodyPump(
            channel,
            core.link(),
            body,
            limit,
            bytes -> core.counters().sent(request.described(), bytes, content),
            then);
    pump.run();
  }

  private void resume() {
    if (pump != null && channel.isActive()) {
      pump.sendRest(this::finish);
    }
  }

  private void finish() {
    pump = null;
    var last = channel.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
    if (request.keepAlive()) {
      answered.run();
    } else {
      var _ = last.addListener(ChannelFutureListener.CLOSE);
    }
  }

  private void reset() {
    channel.config().setOption(ChannelOption.SO_LINGER, 0);
    close();
  }

  /** An empty write, because closing must wait for the writes before it. */
  private void close() {
    channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
  }

  private void later(long nanos, Runnable action) {
    if (nanos == 0) {
      action.run();
      return;
    }
    var _ =
        channel
            .eventLoop()
            .schedule(
                () -> {
                  if (channel.isActive()) {
                    action.run();
                  }
                },
                nanos,
                TimeUnit.NANOSECONDS);
  }
}
