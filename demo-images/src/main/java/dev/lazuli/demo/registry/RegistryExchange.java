package dev.lazuli.demo.registry;

import io.netty.buffer.ByteBuf;
import java.io.IOException;

/** One request on its way to its reply: takes the request's body, then makes the answer. */
public interface RegistryExchange {
  /** Takes the next piece of the request's body. The buffer stays the caller's. */
  void take(ByteBuf content) throws IOException;

  /** Returns the answer, after the whole request was taken. Called once. */
  Reply finish() throws IOException;

  /** Sends the answer: whole, unless an exchange has another way. Called once. */
  default void deliver(Reply reply, ReplySender sender) {
    sender.send(reply);
  }

  /** Makes an answer that does not depend on the request's body. */
  @FunctionalInterface
  interface Answer {
    /** Makes it. */
    Reply make() throws IOException;
  }

  /** Returns an exchange that drops the body. */
  static RegistryExchange of(Answer answer) {
    return new RegistryExchange() {
      @Override
      public void take(ByteBuf content) {}

      @Override
      public Reply finish() throws IOException {
        return answer.make();
      }
    };
  }
}
