package dev.lazuli.snapshotter.proof;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.registry.model.LeastRate;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class ProofQueueTest {
  private static final int KIB = 1 << 10;

  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE);
  private final ProofQueue<Wanted> queue = new ProofQueue<>(2, now::get);

  private record Wanted(String registry, String layer, boolean fills, int failures)
      implements ProofQueue.Contender {}

  private static Wanted of(String registry, int number) {
    return new Wanted(registry, registry + number, true, 0);
  }

  private static Wanted failed(String registry, int number, int failures) {
    return new Wanted(registry, registry + number, true, failures);
  }

  private void add(Wanted... all) {
    for (var wanted : all) {
      queue.add(wanted);
      now.addAndGet(1);
    }
  }

  private void pass(Duration time) {
    now.addAndGet(time.toNanos());
  }

  @Test
  void registryThatHoldsAllTurns_holdsUpNoOther() {
    add(of("slow", 1), of("slow", 2), of("slow", 3));
    assertThat(queue.next()).contains(of("slow", 1));
    assertThat(queue.next()).contains(of("slow", 2));
    assertThat(queue.next()).isEmpty();

    add(of("good", 1), of("good", 2));

    assertThat(queue.next()).as("one turn more").contains(of("good", 1));
    assertThat(queue.next()).isEmpty();
    queue.done(of("slow", 1));
    assertThat(queue.next()).as("it has two turns of two").isEmpty();
    queue.done(of("good", 1));
    assertThat(queue.next()).contains(of("good", 2));
  }

  @Test
  void layerThatLacksContent_goesFirst_unlessAPassOfItHasFailed() {
    var complete = new Wanted("a", "complete", false, 0);
    add(failed("b", 1, 1), complete, of("c", 1));

    assertThat(queue.next()).contains(of("c", 1));
    assertThat(queue.next()).contains(failed("b", 1, 1));
  }

  @Test
  void registryThatHasHadATurn_isBehindThoseThatHaveWaited() {
    add(of("a", 1), of("b", 1));
    assertThat(queue.next()).isPresent();
    assertThat(queue.next()).isPresent();
    add(of("a", 2), of("c", 1), of("d", 1));
    assertThat(queue.next()).contains(of("c", 1));
    pass(Duration.ofSeconds(1));

    queue.done(of("a", 1));
    queue.done(of("b", 1));

    assertThat(queue.next()).contains(of("d", 1));
  }

  @Test
  void leastRate_risesWhileARegistryWithoutATurnWaits_lessForWhatWasPutOffBefore() {
    add(of("a", 1), of("b", 1), of("c", 1), of("c", 2));
    for (int i = 0; i < 3; i++) {
      assertThat(queue.next()).isPresent();
    }
    pass(Duration.ofHours(1));
    assertThat(queue.leastRate(of("a", 1))).as("its own wait").isEqualTo(LeastRate.usual());

    add(of("d", 1));

    assertThat(queue.leastRate(of("a", 1))).isEqualTo(16 * KIB);
    pass(Duration.ofMinutes(10));
    assertThat(queue.leastRate(of("a", 1))).isEqualTo(160 * KIB);
    assertThat(queue.leastRate(failed("a", 1, 1))).isEqualTo(80 * KIB);
    assertThat(queue.leastRate(failed("a", 1, 1000))).isEqualTo(16 * KIB);
    pass(Duration.ofDays(10_000));
    assertThat(queue.leastRate(of("a", 1))).isEqualTo(24 * 60 * 16 * KIB);
  }
}
