package dev.lazuli.registry.model;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class LeastRateTest {
  private static final long SECOND = 1_000_000_000L;

  private final LeastRate rate = new LeastRate(Duration.ofSeconds(30));

  @Test
  void dripping_server_is_ended_once_its_window_is_over() throws Exception {
    for (int second = 1; second < 30; second++) {
      rate.received(1000, SECOND);
    }
    assertThatThrownBy(() -> rate.received(1000, SECOND))
        .hasMessage("too slow: 30000 bytes in 30000 ms, less than 1024 bytes a second");
  }

  @Test
  void slow_but_steady_server_may_take_as_long_as_it_likes() {
    assertThatCode(
            () -> {
              for (int second = 0; second < 100_000; second++) {
                rate.received(1024, SECOND);
              }
            })
        .doesNotThrowAnyException();
  }

  @Test
  void fast_start_does_not_pay_for_a_later_drip() throws Exception {
    rate.received(100_000_000, 31 * SECOND);

    assertThatThrownBy(() -> rate.received(10, 31 * SECOND)).hasMessageStartingWith("too slow");
  }

  @Test
  void reader_that_pauses_is_not_held_against_the_server() {
    assertThatCode(
            () -> {
              for (int piece = 0; piece < 1000; piece++) {
                rate.received(1, 1000);
              }
            })
        .doesNotThrowAnyException();
  }
}
