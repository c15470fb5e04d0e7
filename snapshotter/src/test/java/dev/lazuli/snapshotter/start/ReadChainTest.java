package dev.lazuli.snapshotter.start;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.snapshotter.start.TracedReads.Outcome;
import java.util.Arrays;
import java.util.Collections;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Readers in a chain, in virtual time: 20 ms to the registry and 25 MB/s. */
final class ReadChainTest {
  private static final long TRIP_MICROS = 20_000;
  private static final double BYTES_PER_MICRO = 25;

  private static Outcome play(int[] sizes, int[] trace, boolean follows) {
    return new TracedReads(sizes, TRIP_MICROS, BYTES_PER_MICRO, follows).play(trace);
  }

  private static int[] sizes(int count, int bytes) {
    var sizes = new int[count];
    Arrays.fill(sizes, bytes);
    return sizes;
  }

  private static int[] shuffled(IntStream chunks, Random random) {
    var list = chunks.boxed().toList();
    var order = new java.util.ArrayList<>(list);
    Collections.shuffle(order, random);
    return order.stream().mapToInt(Integer::intValue).toArray();
  }

  @Test
  void packageReadInAnyOrder_costsFewOfItsRoundTrips() {
    int[] sizes = sizes(20_000, 20_000);
    int[] trace = shuffled(IntStream.range(1000, 1600).filter(c -> c % 8 != 0), new Random(1));

    var alone = play(sizes, trace, false);
    var along = play(sizes, trace, true);

    assertThat(alone.waits()).isGreaterThan(80);
    assertThat(along.waits()).isLessThan(alone.waits() / 2);
    assertThat(along.micros()).isLessThan(alone.micros() * 3 / 4);
    assertThat(along.unreadBytes()).isLessThan(along.bytes() / 5);
  }

  @Test
  void readsAllOverALayer_areNotFollowed() {
    int[] sizes = sizes(100_000, 30_000);
    int[] trace = shuffled(IntStream.range(0, 500).map(i -> i * 200), new Random(2));

    assertThat(play(sizes, trace, true).named()).isZero();
  }

  @Test
  void chainThatIsAlwaysWrong_costsNoMoreThanItsMissesEarn() {
    int[] sizes = sizes(20_000, 60_000);
    int[] trace = IntStream.range(0, 500).map(i -> 19_990 - i * 30).toArray();

    var along = play(sizes, trace, true);

    long earned = ReadChain.FIRST_CREDIT + ReadChain.MISS_CREDIT * trace.length;
    assertThat(along.right()).isLessThan(20);
    assertThat(along.named() * 60_000).isLessThan(earned + 60_000 * along.right());
  }

  @Test
  void largeChunks_areLeftToTheReadAhead() {
    int[] sizes = sizes(2000, (int) ReadChain.SMALL_BYTES + 1);
    int[] trace = shuffled(IntStream.range(100, 300), new Random(3));

    assertThat(play(sizes, trace, true).named()).isZero();
  }

  @Test
  void nothingIsNamed_beforeThreeReadsMissCloseToEachOther() {
    var reads = new TracedReads(sizes(1000, 1000), TRIP_MICROS, BYTES_PER_MICRO, true);
    var chain = new ReadChain(reads, new ReadTally());

    assertThat(chain.missed(100)).isEmpty();
    assertThat(chain.missed(500)).isEmpty();
    assertThat(chain.missed(110)).isEmpty();
    assertThat(chain.missed(105)).isNotEmpty();
  }
}
