package dev.lazuli.snapshotter.start;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class FetchPaceTest {
  private static final long MEBIBYTE = 1 << 20;

  @Test
  void bytesThatAreRead_areWorthIt_atAnyPace() {
    assertThat(new FetchPace(0.0001, 1e6).isWorth(1, 100 * MEBIBYTE)).isTrue();
  }

  @Test
  void guess_isWorthIt_onlyWhereItSavesMoreThanItCosts() {
    var far = new FetchPace(0.020, 25e6);
    var near = new FetchPace(0.0005, 100e6);

    assertThat(far.isWorth(0.6, 200_000)).isTrue();
    assertThat(near.isWorth(0.6, 200_000)).isFalse();
    assertThat(near.isWorth(0.6, 10_000)).isTrue();
    assertThat(far.isWorth(0.3, 4 * MEBIBYTE)).isFalse();
  }

  @Test
  void fewBytesThatLeadToOthers_areWorthIt_evenNextToTheRegistry() {
    var next = new FetchPace(0.00001, 1e6);

    assertThat(next.isWorth(StartWish.LIKELY, 40_000)).isTrue();
    assertThat(next.isWorth(StartWish.PERHAPS, 40_000)).isFalse();
  }

  @Test
  void pace_isLearnt_fromWhatWasFetched() {
    var pace = new FetchPace(0.0005, 100e6);
    for (int i = 0; i < 30; i++) {
      pace.fetched(10_000, 40_000_000);
      pace.fetched(2_000_000, 140_000_000);
    }

    assertThat(pace.isWorth(0.6, 200_000)).isTrue();
    assertThat(pace.isWorth(0.3, 20 * MEBIBYTE)).isFalse();
  }

  @Test
  void smallListsThatWaited_doNotMakeTheLinkSlow() {
    var pace = new FetchPace(0.020, 25e6);
    for (int i = 0; i < 8; i++) {
      pace.fetched(70_000, 300_000_000);
    }

    assertThat(pace.isWorth(StartWish.LIKELY * StartWish.LIKELY, 3 * MEBIBYTE)).isTrue();
  }
}
