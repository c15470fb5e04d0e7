package dev.lazuli.snapshotter.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.snapshotter.fetch.plan.ChunkRun;
import dev.lazuli.snapshotter.fetch.plan.FakeChunks;
import dev.lazuli.snapshotter.fetch.plan.Flight;
import dev.lazuli.snapshotter.fetch.plan.Priority;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class GateTest {
  private boolean memoryWanted;
  private final Gate gate = new Gate(() -> memoryWanted);

  private static Flight flight(Priority priority) {
    var flight = new Flight(new FakeChunks("a", 10, 1), List.of(new ChunkRun(0, 10)), priority);
    if (priority == Priority.ON_DEMAND) {
      flight.urge(10);
    }
    return flight;
  }

  @ParameterizedTest
  @CsvSource({
    // readers wait, bytes for readers come, prefetch streams; who stands aside
    "false, false, false, NONE",
    "true, false, false, BACKGROUND",
    "true, true, false, PREFETCH BACKGROUND",
    "false, false, true, BACKGROUND",
    "true, false, true, BACKGROUND"
  })
  void lessUrgentStreams_standAside(
      boolean demanded, boolean receiving, boolean prefetching, String aside) {
    gate.announce(demanded, receiving, prefetching);

    for (Priority priority : Priority.values()) {
      assertThat(gate.mustYield(flight(priority)))
          .as("%s", priority)
          .isEqualTo(aside.contains(priority.name()));
    }
  }

  @Test
  void streamThatMayHoldMemorySomebodyWaitsFor_goesOn() {
    gate.announce(true, true, true);
    memoryWanted = true;

    assertThat(gate.mustYield(flight(Priority.BACKGROUND))).isFalse();
  }

  @Test
  void streamThatNobodyWaitsForAnyMore_isNotUrgent() {
    Flight flight = flight(Priority.ON_DEMAND);
    gate.announce(true, true, false);

    flight.calmDown(0);

    assertThat(gate.mustYield(flight)).isTrue();
  }
}
