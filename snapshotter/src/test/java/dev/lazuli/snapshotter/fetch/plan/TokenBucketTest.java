package dev.lazuli.snapshotter.fetch.plan;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class TokenBucketTest {
  /** The clock wraps soon. */
  private static final long START = Long.MAX_VALUE - 10;

  private static long after(long nanos) {
    return START + nanos;
  }

  @Test
  void takingOnAndOn_keepsTheRate() {
    var bucket = new TokenBucket(1_000_000, 100_000, START);
    long now = START;
    long taken = 0;

    while (now - START < 10_000_000_000L) {
      now += bucket.take(16_384, now) + 1000;
      taken += 16_384;
    }

    assertThat(taken).isBetween(9_900_000L, 10_200_000L);
  }

  @Test
  void spentTokens_areEarnedByAndBy() {
    var bucket = new TokenBucket(2, 2, START);

    assertThat(bucket.tryTake(START)).isTrue();
    assertThat(bucket.tryTake(START)).isTrue();
    assertThat(bucket.tryTake(after(400_000_000))).isFalse();
    assertThat(bucket.tryTake(after(500_000_000))).isTrue();
  }

  @Test
  void rateOfZero_isNoLimit() {
    var bucket = new TokenBucket(0, 0, START);

    assertThat(bucket.take(1e12, START)).isZero();
    assertThat(bucket.tryTake(START)).isTrue();
  }
}
