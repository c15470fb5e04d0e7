package dev.lazuli.snapshotter.layers.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class IndexTurnsTest {
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final Duration NONE = Duration.ZERO;

  private final IndexTurns turns = new IndexTurns(4);

  @Test
  @SuppressWarnings("MustBeClosed") // what must fail gives nothing to close
  void oneRegistry_hasHalfOfTheTurns_andLeavesTheOthers() throws Exception {
    try (var _ = turns.take("slow.test", NONE);
        var _ = turns.take("slow.test", NONE)) {
      assertThatThrownBy(() -> turns.take("slow.test", NONE).close())
          .isInstanceOf(IOException.class)
          .hasMessageContaining("2 of them from slow.test");
      try (var _ = turns.take("a.test", NONE);
          var _ = turns.take("b.test", NONE)) {
        assertThatThrownBy(() -> turns.take("c.test", NONE).close())
            .hasMessageContaining("4 layers are being indexed");
      }
    }
    try (var again = turns.take("slow.test", NONE)) {
      assertThat(again).isNotNull();
    }
  }

  @Test
  void oneTurnAlone_isForEveryRegistry() throws Exception {
    var one = new IndexTurns(1);

    try (var first = one.take("a.test", NONE)) {
      assertThat(first).isNotNull();
    }
    try (var second = one.take("b.test", NONE)) {
      assertThat(second).isNotNull();
    }
  }

  @Test
  @SuppressWarnings("MustBeClosed") // one of the turns is given back early
  void turnThatIsGivenBack_goesToOneWhoWaits() throws Exception {
    var first = turns.take("slow.test", NONE);
    try (var _ = turns.take("slow.test", NONE)) {
      var third = new CompletableFuture<Void>();
      Thread.ofVirtual()
          .start(
              () -> {
                try (var _ = turns.take("slow.test", LONG)) {
                  third.complete(null);
                } catch (IOException | InterruptedException e) {
                  third.completeExceptionally(e);
                }
              });
      assertThat(third).isNotDone();

      first.close();

      third.join();
    }
  }
}
