package dev.lazuli.snapshotter.layers.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class FailedReadsTest {
  private static final long START = Long.MAX_VALUE - 5;

  private final FailedReads reads = new FailedReads(START);

  private long loggedAt(long now, int failures) {
    long logged = 0;
    for (int i = 0; i < failures; i++) {
      logged += reads.failed(now).isPresent() ? 1 : 0;
    }
    return logged;
  }

  @Test
  void manyFailures_areLoggedAFewTimes() {
    assertThat(loggedAt(START + 1, 100_000)).isEqualTo(3);
  }

  @Test
  void nextWindow_saysHowManyWereLeftOut() {
    loggedAt(START, 10);

    assertThat(reads.failed(START + TimeUnit.SECONDS.toNanos(31))).hasValue(7);
    assertThat(reads.failed(START + TimeUnit.SECONDS.toNanos(31))).hasValue(0);
  }
}
