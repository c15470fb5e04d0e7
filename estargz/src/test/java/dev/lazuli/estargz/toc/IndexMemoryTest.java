package dev.lazuli.estargz.toc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.estargz.LayerFormatException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class IndexMemoryTest {
  private static final int MIB = 1 << 20;
  private static final Duration LONG = Duration.ofMinutes(1);

  /** A share of 1 MiB each, and 28 MiB more for one of them. */
  private final IndexMemory memory = new IndexMemory(32 * MIB, 4);

  @Test
  void singleIndex_hasAllThatTheOthersHaveNoShareIn_andNoMore() throws IOException {
    try (var share = memory.share("large", Duration.ZERO)) {
      share.take(29 * MIB);

      assertThatThrownBy(() -> share.take(1))
          .isInstanceOf(LayerFormatException.class)
          .hasMessageContaining("at most 30408704 bytes");
    }
  }

  @Test
  void secondLargeIndex_waits_smallOnesDoNot() throws Exception {
    try (var large = memory.share("large", Duration.ZERO);
        var small = memory.share("small", Duration.ZERO)) {
      large.take(20 * MIB);
      small.take(MIB);

      assertThatThrownBy(() -> small.take(1))
          .isInstanceOf(IOException.class)
          .isNotInstanceOf(LayerFormatException.class)
          .hasMessageContaining("other layers use it");
    }
  }

  @Test
  void largeIndexThatIsClosed_letsTheNextOneGrow() throws Exception {
    var large = memory.share("large", Duration.ZERO);
    large.take(20 * MIB);
    var second = new CompletableFuture<Void>();
    Thread.ofPlatform()
        .start(
            () -> {
              try (var share = memory.share("second", LONG)) {
                share.take(20 * MIB);
                second.complete(null);
              } catch (IOException e) {
                second.completeExceptionally(e);
              }
            });
    assertThat(second).isNotDone();

    large.close();
    large.close();

    second.join();
  }

  @Test
  void moreThanAFew_waitForTheirTurn() throws Exception {
    try (var _ = memory.share("1", Duration.ZERO);
        var _ = memory.share("2", Duration.ZERO);
        var _ = memory.share("3", Duration.ZERO)) {
      var fourth = memory.share("4", Duration.ZERO);
      assertThatThrownBy(() -> memory.share("5", Duration.ZERO).close())
          .hasMessageContaining("layer 5");
      fourth.close();
      memory.share("5", Duration.ZERO).close();
    }
  }

  @Test
  void whatWasGivenBack_mayBeTakenAgain() throws IOException {
    try (var share = memory.share("large", Duration.ZERO)) {
      for (int i = 0; i < 100; i++) {
        share.take(20 * MIB);
        share.give(20 * MIB);
      }
    }
  }
}
