package dev.lazuli.snapshotter.fetch.plan;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class MeterTest {
  private static final long SECOND = 1_000_000_000L;

  private final Meter meter = new Meter(500);
  private long now = Long.MAX_VALUE - 3 * SECOND;

  private void waitFor(long seconds, int bytes) {
    meter.waits(now);
    now += seconds * SECOND;
    meter.goesOn(now);
    meter.got(bytes);
  }

  @Test
  void drip_isSlower_evenIfItIsNeverSilent() {
    for (int i = 0; i < 6; i++) {
      assertThat(meter.isSlower(1024, 30 * SECOND, now)).isFalse();
      waitFor(5, 1);
    }

    assertThat(meter.isSlower(1024, 30 * SECOND, now)).isTrue();
  }

  @Test
  void timeSpentElsewhere_doesNotCount() {
    waitFor(1, 2000);
    now += 1000 * SECOND;

    assertThat(meter.isSlower(1024, 30 * SECOND, now)).isFalse();
    assertThat(meter.silentNanos(now)).isZero();
    assertThat(meter.bytesPerSecond(now)).isEqualTo(2000);
  }

  @Test
  void fastBeginning_doesNotExcuseALaterDrip() {
    waitFor(30, 10_000_000);
    assertThat(meter.isSlower(1024, 30 * SECOND, now)).isFalse();

    waitFor(31, 10);

    assertThat(meter.isSlower(1024, 30 * SECOND, now)).isTrue();
  }

  @Test
  void lastWindow_isWhatCounts_andTimeIsGivenFirst() {
    waitFor(4, 10);
    assertThat(meter.wasSlower(1000, 5 * SECOND, now)).isFalse();

    waitFor(2, 10);
    assertThat(meter.wasSlower(1000, 5 * SECOND, now)).isTrue();
    waitFor(4, 5000);
    assertThat(meter.wasSlower(1000, 5 * SECOND, now)).isTrue();
    waitFor(1, 1000);

    assertThat(meter.wasSlower(1000, 5 * SECOND, now)).isFalse();
  }

  @Test
  void blobPosition_followsTheBytes() {
    waitFor(1, 70);

    assertThat(meter.blobPosition()).isEqualTo(570);
  }
}
