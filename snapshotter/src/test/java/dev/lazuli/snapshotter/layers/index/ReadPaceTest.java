package dev.lazuli.snapshotter.layers.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class ReadPaceTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 5 * SECOND);

  private ReadPace pace(int seconds) {
    return new ReadPace(Duration.ofSeconds(seconds), clock::get);
  }

  private void waitFor(ReadPace pace, int seconds, int bytes) throws IOException {
    long since = pace.now();
    clock.addAndGet(Math.min(pace.nanosToWait(), seconds * SECOND));
    pace.waited(since, bytes);
  }

  @Test
  void deadline_endsAllWaiting() throws Exception {
    var pace = pace(10);

    waitFor(pace, 9, 1 << 20);
    assertThat(pace.nanosToWait()).isEqualTo(SECOND);
    waitFor(pace, 100, 0);

    assertThatThrownBy(pace::nanosToWait).hasMessage("not read within PT10S");
  }

  @Test
  void oneHost_isWaitedForNoLongerThanAThirdOfTheTime() {
    assertThat(pace(9).stall()).hasSeconds(3);
    assertThat(pace(1000).stall()).hasSeconds(10);
  }

  @Test
  void dripping_endsAfterHalfAMinute() throws Exception {
    var pace = pace(1_000_000);
    for (int i = 0; i < 5; i++) {
      waitFor(pace, 5, 1);
    }

    assertThatThrownBy(() -> waitFor(pace, 5, 1))
        .isInstanceOf(IOException.class)
        .hasMessage("too slow: 6 bytes in 30000 ms, less than 1024 bytes a second");
  }

  @Test
  void slowButSteady_mayTakeAsLongAsTheDeadlineSays() throws Exception {
    var pace = pace(100_000);
    for (int i = 0; i < 10_000; i++) {
      waitFor(pace, 5, 5 << 10);
    }

    assertThat(pace.nanosToWait()).isPositive();
  }

  @Test
  void timeInWhichNothingIsAskedFor_doesNotCount() throws Exception {
    var pace = pace(1_000_000);

    clock.addAndGet(1_000 * SECOND);
    waitFor(pace, 29, 0);

    assertThat(pace.nanosToWait()).isEqualTo(SECOND);
  }

  @Test
  void silence_isNotBroughtBackByWhatCameLongBefore() throws Exception {
    var pace = pace(1_000_000);
    waitFor(pace, 30, 100 << 20);

    assertThatThrownBy(() -> waitFor(pace, 30, 0)).hasMessageStartingWith("too slow: 0 bytes");
  }
}
