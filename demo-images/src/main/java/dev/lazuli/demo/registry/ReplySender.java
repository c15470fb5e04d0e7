package dev.lazuli.demo.registry;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
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

/** Sends the answer to one request, after the link's round trip. Confined to the event loop. */
public final class ReplySender {
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
    later(
        Duration.ofNanos(core.link().roundTripNanos() * roundTrips),
        () -> exchange.deliver(exchange.finish(), this));
  }

  /** Goes on after the socket's buffer was full. */
  void writable() {
    if (pump != null) {
      pump.run();
    }
  }

  /** Returns the connection. */
  public Channel channel() {
    return channel;
  }

  /** Sends the whole answer; the connection can then be used again. */
  public void send(Reply reply) {
    send(reply, Long.MAX_VALUE, this::finish);
  }

  /**
   * Sends the head of an answer and the beginning of its body.
   *
   * @param limit bytes of the body to send at most
   * @param then what to do once they are written
   */
  public void send(Reply reply, long limit, Runnable then) {
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

  /** Sends what is left of a body whose beginning was sent. */
  public void resume() {
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

  /** Closes the connection behind what was written so far. */
  public void close() {
    // An empty write, because closing must wait for the writes before it.
    channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
  }

  /** Something to do that may fail. */
  @FunctionalInterface
  public interface Step {
    /** Does it. */
    void run() throws IOException;
  }

  /** Does something after a while, if the connection is still there. A failure closes it. */
  public void later(Duration delay, Step step) {
    if (delay.isZero()) {
      attempt(step);
      return;
    }
    var _ =
        channel
            .eventLoop()
            .schedule(
                () -> {
                  if (channel.isActive()) {
                    attempt(step);
                  }
                },
                delay.toNanos(),
                TimeUnit.NANOSECONDS);
  }

  private void attempt(Step step) {
    try {
      step.run();
    } catch (IOException | RuntimeException e) {
      channel.pipeline().fireExceptionCaught(e);
    }
  }
}
