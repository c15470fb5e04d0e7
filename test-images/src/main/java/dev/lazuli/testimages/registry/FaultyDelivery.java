package dev.lazuli.testimages.registry;

import dev.lazuli.demo.registry.RegistryExchange;
import dev.lazuli.demo.registry.Reply;
import dev.lazuli.demo.registry.ReplySender;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.time.Duration;

/** A right answer that something goes wrong with on its way. */
record FaultyDelivery(RegistryExchange exchange, Fault fault) implements RegistryExchange {
  @Override
  public void take(ByteBuf content) throws IOException {
    exchange.take(content);
  }

  @Override
  public Reply finish() throws IOException {
    return exchange.finish();
  }

  @Override
  public void deliver(Reply reply, ReplySender sender) {
    switch (fault) {
      case Fault.NoAnswer() -> sender.close();
      case Fault.Reset(long after) -> sender.send(reply, after, () -> reset(sender));
      case Fault.ShortBody(long bytes) -> sender.send(reply, bytes, sender::close);
      case Fault.Stall(long after, Duration pause) ->
          sender.send(reply, after, () -> sender.later(pause, sender::resume));
      case Fault.SlowHeaders(Duration delay) -> sender.later(delay, () -> sender.send(reply));
      default -> sender.send(reply);
    }
  }

  private static void reset(ReplySender sender) {
    sender.channel().config().setOption(ChannelOption.SO_LINGER, 0);
    sender.close();
  }
}
