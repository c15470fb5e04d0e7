package dev.lazuli.registry.hosts;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HostLoopTest {
  private static final Duration FIRST = Duration.ofMillis(100);
  private static final Duration MOST = Duration.ofSeconds(1);

  @ParameterizedTest
  @CsvSource({
    "1, 0, 1.0, 100",
    "3, 0, 0.5, 200",
    "4, 0, 1.5, 1000",
    "60, 0, 1.5, 1000",
    "1, 600, 1.5, 600",
    "1, 9000, 0.5, 1000",
  })
  void wait_doubles_with_jitter_and_is_never_longer_than_the_longest(
      int round, long askedMillis, double jitter, long expectedMillis) {
    assertThat(HostLoop.waitBefore(round, Duration.ofMillis(askedMillis), jitter, FIRST, MOST))
        .isEqualTo(Duration.ofMillis(expectedMillis));
  }
}
