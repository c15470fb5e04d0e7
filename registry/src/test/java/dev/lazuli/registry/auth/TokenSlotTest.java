package dev.lazuli.registry.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InterruptedIOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class TokenSlotTest {
  @Test
  @Timeout(60)
  void whoWaitsForAnothersToken_canBeInterrupted() throws Exception {
    var slot = new TokenSlot("repository:some/image:pull");
    var asked = new CountDownLatch(1);
    var answered = new CountDownLatch(1);
    var slow =
        Thread.ofVirtual()
            .start(
                () ->
                    renew(
                        slot,
                        () -> {
                          asked.countDown();
                          answered.await();
                          return null;
                        },
                        new AtomicReference<>()));
    asked.await();
    var failure = new AtomicReference<Exception>();

    var waiting = Thread.ofVirtual().start(() -> renew(slot, () -> null, failure));
    waiting.interrupt();
    waiting.join();

    assertThat(failure.get()).isInstanceOf(InterruptedIOException.class);
    answered.countDown();
    slow.join();
  }

  /** Gets a token, or fails. */
  private interface Answer {
    @Nullable Token get() throws Exception;
  }

  private static void renew(TokenSlot slot, Answer answer, AtomicReference<Exception> failure) {
    try {
      slot.renew(
          null,
          () -> {
            try {
              return answer.get();
            } catch (Exception e) {
              throw new InterruptedIOException(e.getMessage());
            }
          });
    } catch (Exception e) {
      failure.set(e);
    }
  }
}
