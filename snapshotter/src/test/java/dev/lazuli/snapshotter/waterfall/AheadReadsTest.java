package dev.lazuli.snapshotter.waterfall;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class AheadReadsTest {
  private static final String LAYER = "sha256:a";

  private final AtomicLong clock = new AtomicLong();
  private final AheadAccount account = new AheadAccount(clock::get);
  private final AheadReads reads = account.begin(LAYER, chunk -> 100L + chunk);

  @Test
  void chunksThatCameAhead_areReadOrNot_whateverCameFirst() {
    account.arrived(LAYER, 1);
    account.arrived(LAYER, 2);
    reads.read(0, 2);
    reads.read(1, 2);
    reads.read(7, 8);
    account.arrived(LAYER, 7);
    account.arrived("sha256:other", 3);

    assertThat(account.figures(LAYER)).isEqualTo(new Ahead(310, 208, false));
    assertThat(account.figures(LAYER).unreadBytes()).isEqualTo(102);
  }

  @Test
  void start_isDecided_whenReadersAreQuiet_andLaterReadsChangeNothing() {
    account.arrived(LAYER, 1);
    clock.addAndGet(10 * AheadReads.LONGEST.toNanos());
    assertThat(account.decided()).as("nobody has read yet").isEqualTo(Ahead.NONE);

    reads.read(5, 6);
    clock.addAndGet(AheadReads.QUIET.toNanos() - 1);
    assertThat(account.decided()).isEqualTo(Ahead.NONE);
    clock.incrementAndGet();

    assertThat(account.decided()).isEqualTo(new Ahead(101, 0, true));
    reads.read(1, 2);
    account.arrived(LAYER, 2);
    assertThat(account.figures(LAYER)).isEqualTo(new Ahead(101, 0, true));
  }

  @Test
  void start_isDecided_afterAMinute_thoughReadersNeverStop() {
    account.arrived(LAYER, 1);
    for (long t = 0; t < AheadReads.LONGEST.toSeconds(); t++) {
      reads.read(5, 6);
      clock.addAndGet(1_000_000_000);
    }

    assertThat(account.figures(LAYER).decided()).isTrue();
  }

  @Test
  void layerThatEnds_isCounted_onlyIfItWasRead() {
    account.arrived(LAYER, 1);
    account.forget(LAYER);
    assertThat(account.decided()).isEqualTo(Ahead.NONE);

    var again = account.begin(LAYER, chunk -> 10);
    account.arrived(LAYER, 1);
    account.arrived(LAYER, 2);
    again.read(1, 2);
    account.forget(LAYER);

    assertThat(account.decided()).isEqualTo(new Ahead(20, 10, true));
    assertThat(account.figures(LAYER)).isEqualTo(Ahead.NONE);
  }
}
