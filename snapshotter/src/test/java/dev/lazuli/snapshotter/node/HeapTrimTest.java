package dev.lazuli.snapshotter.node;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class HeapTrimTest {
  private static final long MIB = 1 << 20;

  private long taken = 10 * MIB;
  private long used = 5 * MIB;
  private int collections;
  private final HeapTrim trim = new HeapTrim(() -> taken, () -> used, this::collect);

  private void collect() {
    collections++;
    taken = 11 * MIB;
    used = 5 * MIB;
  }

  private void looks(int times) {
    for (int i = 0; i < times; i++) {
      trim.look();
    }
  }

  @Test
  void heapThatHasNotGrown_isLeftAlone() {
    looks(10);

    assertThat(collections).isZero();
  }

  @Test
  void heapThatHasGrownSome_isCollectedOnceAllIsQuiet() {
    taken = 15 * MIB;
    for (int i = 0; i < 5; i++) {
      used += MIB;
      trim.look();
    }
    assertThat(collections).isZero();

    looks(10);
    assertThat(collections).isOne();
  }

  @Test
  void heapThatHasGrownMuch_isCollectedAlsoWhenItIsBusy() {
    used = 12 * MIB;
    taken = 20 * MIB;
    trim.look();

    assertThat(collections).isOne();
  }

  @Test
  void growth_isCountedFromTheLastCollection() {
    taken = 20 * MIB;
    trim.look();
    taken = 20 * MIB;
    used += 2 * MIB;
    trim.look();
    assertThat(collections).isOne();

    taken = 21 * MIB;
    used += 2 * MIB;
    trim.look();
    assertThat(collections).isEqualTo(2);
  }
}
