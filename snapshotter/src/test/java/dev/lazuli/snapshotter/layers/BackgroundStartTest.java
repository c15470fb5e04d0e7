package dev.lazuli.snapshotter.layers;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BackgroundStartTest {
  @ParameterizedTest
  @CsvSource({
    // ms since the mount, since the last read if there was one, and since the last miss, whether
    // processors are idle; whether to begin
    "9000, , 9000, true, false",
    "10000, , 9000, false, true",
    "10000, , 100, true, false",
    "60000, , 100, false, true",
    "2000, 100, 100, true, false",
    "59000, 100, 100, true, false",
    "60000, 100, 100, false, true",
    "2000, 100, 2000, false, true",
    "1900, 100, 60000, true, false",
    "900, 500, 500, true, true",
    "900, 500, 500, false, false",
    "900, 400, 800, true, false",
    "900, 800, 400, true, false"
  })
  void background_beginsWhenAContainerHasReadAndIsQuiet_orNoneComes(
      long mounted, @Nullable Long unread, long missless, boolean isIdle, boolean begins) {
    var signs =
        new BackgroundStart.Signs(
            Duration.ofMillis(mounted),
            Optional.ofNullable(unread).map(Duration::ofMillis),
            Duration.ofMillis(missless),
            isIdle);

    assertThat(signs.areRight(Duration.ofSeconds(2))).isEqualTo(begins);
  }

  @ParameterizedTest
  @CsvSource({"1, 0.5", "2, 1", "64, 1"})
  void oneIdleProcessor_isEnough_andHalfOfAnOnlyOne(int processors, double enough) {
    assertThat(BackgroundStart.idleEnough(processors)).isEqualTo(enough);
  }
}
