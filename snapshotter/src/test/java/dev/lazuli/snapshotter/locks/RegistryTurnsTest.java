package dev.lazuli.snapshotter.locks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.estargz.read.LayerOpener;
import dev.lazuli.snapshotter.layers.index.IndexOptions;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class RegistryTurnsTest {
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final Duration NONE = Duration.ZERO;

  private final RegistryTurns turns = turns(4);

  private static RegistryTurns turns(int most) {
    return new RegistryTurns("layers are being indexed", most);
  }

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
        try (var beyond = turns.take("c.test", NONE)) {
          assertThat(beyond).isNotNull();
        }
        assertThatThrownBy(() -> turns.take("a.test", NONE).close())
            .hasMessageContaining("4 layers are being indexed, 1 of them from a.test");
      }
    }
    try (var again = turns.take("slow.test", NONE)) {
      assertThat(again).isNotNull();
    }
  }

  @Test
  void oneTurnAlone_isForEveryRegistry() throws Exception {
    var one = turns(1);

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

  @Test
  @SuppressWarnings("MustBeClosed") // what must fail gives nothing to close
  void twoRegistriesThatHoldAllTurns_leaveOneToEachOther_upToHalfAsManyMore() throws Exception {
    try (var _ = turns.take("a.test", NONE);
        var _ = turns.take("a.test", NONE);
        var _ = turns.take("b.test", NONE);
        var _ = turns.take("b.test", NONE);
        var _ = turns.take("c.test", NONE)) {
      assertThatThrownBy(() -> turns.take("c.test", NONE).close())
          .hasMessageContaining("5 layers are being indexed, 1 of them from c.test");
      try (var _ = turns.take("d.test", NONE)) {
        assertThatThrownBy(() -> turns.take("e.test", NONE).close())
            .hasMessageContaining("6 layers are being indexed, 0 of them from e.test");
      }
    }
  }

  /** Each turn has a share of the memory: nobody who has one waits for the other. */
  @Test
  @SuppressWarnings("MustBeClosed") // what must fail gives nothing to close
  void asManyAsHaveTurns_haveSharesOfTheMemory() throws Exception {
    var usual = turns(IndexOptions.DEFAULT.parallel());
    try (var held = new Held()) {
      for (int i = 0; i < LayerOpener.AT_ONCE; i++) {
        held.turns.add(usual.take("r%d.test".formatted(i), NONE));
      }
      assertThatThrownBy(() -> usual.take("last.test", NONE).close())
          .isInstanceOf(IOException.class);
    }
  }

  private static final class Held implements AutoCloseable {
    final List<RegistryTurns.Turn> turns = new ArrayList<>();

    @Override
    public void close() {
      turns.forEach(RegistryTurns.Turn::close);
    }
  }

  /** Whose registry has no turn goes first; among those, whose registry has lacked one longest. */
  @Test
  @SuppressWarnings("MustBeClosed") // the turns are given back early
  void freedTurn_goesToARegistryWithoutOne_evenIfOthersCameEarlier() throws Exception {
    var two = turns(2); // One for each registry, and one beyond.
    var first = two.take("a.test", NONE);
    var second = two.take("b.test", NONE);
    var third = two.take("c.test", NONE);
    var told = new LinkedBlockingQueue<String>();
    var ends = new CountDownLatch(1);
    var earlier = waiting(two, "a.test", told, ends);
    var later = waiting(two, "d.test", told, ends);

    first.close();

    assertThat(told.take()).as("a has just had one").isEqualTo("d.test");
    second.close();
    assertThat(told.take()).isEqualTo("a.test");
    ends.countDown();
    earlier.join();
    later.join();
    third.close();
  }

  private static Thread waiting(
      RegistryTurns turns, String registry, Queue<String> told, CountDownLatch ends) {
    var thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  try (var _ = turns.take(registry, LONG)) {
                    told.add(registry);
                    ends.await();
                  } catch (IOException | InterruptedException e) {
                    told.add(registry + ": " + e);
                  }
                });
    Eventually.asserted(() -> assertThat(thread.getState()).isEqualTo(Thread.State.TIMED_WAITING));
    return thread;
  }

  @Test
  @SuppressWarnings("MustBeClosed") // what must fail gives nothing to close
  void waiterThatIsInterrupted_takesNoTurn() throws Exception {
    var one = turns(1);
    var first = one.take("a.test", NONE);
    var second = one.take("b.test", NONE);
    var told = new LinkedBlockingQueue<String>();
    var waiter = waiting(one, "c.test", told, new CountDownLatch(1));

    waiter.interrupt();
    waiter.join();
    first.close();
    second.close();

    assertThat(told.take()).contains("InterruptedException");
    try (var _ = one.take("a.test", NONE);
        var _ = one.take("b.test", NONE)) {
      assertThatThrownBy(() -> one.take("c.test", NONE).close()).isInstanceOf(IOException.class);
    }
  }
}
