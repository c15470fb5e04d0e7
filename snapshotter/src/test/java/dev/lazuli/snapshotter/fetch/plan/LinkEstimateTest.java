package dev.lazuli.snapshotter.fetch.plan;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LinkEstimateTest {
  private static final long LEAST = 128 << 10;
  private static final long MOST = 8 << 20;
  private static final long MILLISECOND = 1_000_000;

  private final LinkEstimate link = new LinkEstimate(LEAST, MOST);

  @Test
  void unknownLink_isWorthTheLeast() {
    link.firstByte(20 * MILLISECOND);

    assertThat(link.unit()).isEqualTo(LEAST);
  }

  @Test
  void unit_isWhatArrivesWithinOneRoundTrip() {
    link.firstByte(20 * MILLISECOND);
    link.transferred(25_000_000, 1000 * MILLISECOND);

    assertThat(link.unit()).isEqualTo(500_000);
  }

  @Test
  void unit_staysWithinItsBounds() {
    link.firstByte(2000 * MILLISECOND);
    link.transferred(100_000_000, 1000 * MILLISECOND);

    assertThat(link.unit()).isEqualTo(MOST);
  }

  @Test
  void successor_knowsWhatWasLearnt_andLearnsByItself() {
    link.firstByte(20 * MILLISECOND);
    link.transferred(25_000_000, 1000 * MILLISECOND);

    var next = link.successor();
    next.firstByte(100 * MILLISECOND);

    assertThat(next.unit()).isEqualTo(1_000_000);
    assertThat(link.unit()).isEqualTo(500_000);
  }
}
