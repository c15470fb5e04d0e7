package dev.lazuli.snapshotter.layers;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BackgroundStartTest {
  @ParameterizedTest
  @CsvSource({
    // a container has read, quiet for ms, delays since the mount; whether to begin
    "false, 9000, 1, false",
    "false, 9000, 4, false",
    "false, 9000, 5, true",
    "false, 100, 5, false",
    "false, 100, 30, true",
    "true, 100, 1, false",
    "true, 100, 29, false",
    "true, 2000, 1, true",
    "true, 100, 30, true"
  })
  void background_beginsWhenAContainerHasReadAndIsQuiet_orNoneComes(
      boolean read, long quietMillis, int delays, boolean begins) {
    assertThat(
            BackgroundStart.isTime(
                read, Duration.ofMillis(quietMillis), Duration.ofSeconds(2), delays))
        .isEqualTo(begins);
  }
}
