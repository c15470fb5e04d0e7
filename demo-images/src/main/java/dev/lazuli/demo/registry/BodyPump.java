package dev.lazuli.demo.registry;

import dev.lazuli.demo.registry.Reply.Part;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultHttpContent;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Sends a body piece by piece: one piece at a time waits for the link, and none is made while the
 * socket's buffer is full, so a body of any size takes constant memory. Confined to the event loop.
 */
final class BodyPump {
  private final Channel channel;
  private final NetworkLink link;
  private final Deque<Part> parts;
  private final LongConsumer sent;
  private Runnable finished;
  private long budget;
  private boolean inLink;
  private boolean ended;

  /**
   * Prepares to send.
   *
   * @param limit bytes after which to finish, even if the body is longer
   * @param sent told the size of each piece before it goes to the socket, and its negative if the
   *     socket fails to take it
   * @param finished called when all is sent, or the limit reached
   */
  BodyPump(
      Channel channel,
      NetworkLink link,
      List<Part> body,
      long limit,
      LongConsumer sent,
      Runnable finished) {
    this.channel = channel;
    this.link = link;
    this.parts = new ArrayDeque<>(body);
    this.budget = limit;
    this.sent = sent;
    this.finished = finished;
  }

  /** Goes on sending as far as socket and link allow. */
  void run() {
    while (!ended && !inLink && channel.isActive() && channel.isWritable()) {
      var part = parts.peek();
      if (part == null || budget == 0) {
        ended = true;
        finished.run();
        return;
      }
      if (part.length() == 0) {
        parts.remove();
        continue;
      }
      var piece = (int) Math.min(budget, Math.min(part.length(), link.pieceBytes()));
      inLink = true;
      link.transmit(
          piece,
          () -> {
            inLink = false;
            send(piece);
          });
    }
  }

  /** Goes on behind the limit, up to the end. */
  void sendRest(Runnable atEnd) {
    finished = atEnd;
    budget = Long.MAX_VALUE;
    ended = false;
    run();
  }

  private void send(int piece) {
    if (!channel.isActive()) {
      return;
    }
    var part = parts.remove();
    var buffer = channel.alloc().directBuffer(piece);
    try {
      fill(buffer, part, piece);
    } catch (IOException | RuntimeException e) {
      buffer.release();
      channel.pipeline().fireExceptionCaught(e);
      return;
    }
    if (part.length() > piece) {
      parts.addFirst(new Part(part.content(), part.offset() + piece, part.length() - piece));
    }
    budget -= piece;
    sent.accept(piece);
    var _ =
        channel
            .writeAndFlush(new DefaultHttpContent(buffer))
            .addListener(
                written -> {
                  if (!written.isSuccess()) {
                    sent.accept(-piece);
                  }
                });
    run();
  }

  private static void fill(ByteBuf buffer, Part part, int piece) throws IOException {
    part.content().read(part.offset(), buffer.nioBuffer(0, piece));
    buffer.writerIndex(piece);
  }
}
