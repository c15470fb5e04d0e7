package dev.lazuli.snapshotter.waterfall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.snapshotter.fetch.plan.Priority;
import dev.lazuli.snapshotter.waterfall.LayerEvents.Event;
import java.util.List;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

final class StartRecordTest {
  private static final String LAYER = "sha256:aa";
  private static final String OTHER = "sha256:bb";

  private final StartRecord record = new StartRecord(4L * EventBlock.BYTES);

  @Test
  void events_areToldAsTheyCame() {
    record.requested(LAYER, "registry.test/a:1");
    record.mounted(LAYER);
    record.rangeOpened(LAYER, 1L << 40, 1L << 33, Priority.PREFETCH);
    record.demandServed(LAYER, 5, 1 << 24, 1_234_567_890_123L);

    var events = record.events(LAYER);

    assertThat(events)
        .extracting(Event::kind)
        .containsExactly(
            EventKind.REQUESTED, EventKind.MOUNTED, EventKind.RANGE_OPENED, EventKind.SERVED);
    assertThat(events.get(0).first()).isEqualTo("registry.test/a:1".hashCode());
    assertThat(events.get(2))
        .matches(event -> event.first() == 1L << 40 && event.second() == 1L << 33)
        .matches(event -> event.priority() == Priority.PREFETCH);
    assertThat(events.get(3))
        .matches(event -> event.fromChunk() == 5 && event.toChunk() == 1 << 24)
        .matches(event -> event.second() == 1_234_567_890_123L);
  }

  @Test
  void chunksInTheBackground_shareAnEvent_othersHaveTheirOwn() {
    record.requested(LAYER, "a");
    for (int chunk = 0; chunk < 50; chunk++) {
      record.chunkFetched(LAYER, chunk, 1, Priority.BACKGROUND);
      record.chunkFetched(LAYER, 1000 + chunk, 1, Priority.BACKGROUND);
    }
    record.chunkFetched(LAYER, 2000, 1, Priority.PREFETCH);
    record.chunkFetched(LAYER, 2001, 1, Priority.PREFETCH);

    var chunks = record.events(LAYER).stream().filter(e -> e.kind() == EventKind.FETCHED).toList();

    // Two runs; a pause of this thread may part each of them.
    assertThat(chunks.size()).isBetween(4, 20);
    assertThat(chunks.stream().mapToInt(e -> e.toChunk() - e.fromChunk()).sum()).isEqualTo(102);
    assertThat(chunks.getFirst().fromChunk()).isZero();
    assertThat(chunks).filteredOn(e -> e.priority() == Priority.PREFETCH).hasSize(2);
  }

  @Test
  void memory_isBounded_theOldestEventsGo() {
    record.requested(OTHER, "b");
    record.mounted(OTHER);
    record.requested(LAYER, "a");
    for (int i = 0; i < 10_000; i++) {
      record.rangeOpened(LAYER, i, 1, Priority.ON_DEMAND);
    }

    var events = record.events(LAYER);

    assertThat(events).hasSizeLessThanOrEqualTo(4 * EventBlock.EVENTS);
    assertThat(events.getLast().first()).isEqualTo(9_999);
    assertThat(events.size() + record.dropped(LAYER)).isEqualTo(10_001);
    assertThat(record.events(OTHER)).isEmpty();
    assertThat(record.dropped(OTHER)).isEqualTo(2);
  }

  @Test
  void layer_isForgotten_andItsMemoryIsForOthers() {
    record.requested(LAYER, "a");
    for (int i = 0; i < 10_000; i++) {
      record.rangeOpened(LAYER, i, 1, Priority.ON_DEMAND);
    }
    record.forget(LAYER);
    record.rangeOpened(LAYER, 1, 1, Priority.ON_DEMAND);
    record.requested(OTHER, "b");
    for (int i = 0; i < 4 * EventBlock.EVENTS - 1; i++) {
      record.rangeOpened(OTHER, i, 1, Priority.ON_DEMAND);
    }

    assertThat(record.events(LAYER)).isEmpty();
    assertThat(record.events(OTHER)).hasSize(4 * EventBlock.EVENTS);
    assertThat(record.dropped(OTHER)).isZero();
  }

  @Test
  void recordOfNoSize_recordsNothing() {
    var none = new StartRecord(0);
    none.requested(LAYER, "a");
    none.chunkFetched(LAYER, 1, 1, Priority.BACKGROUND);

    assertThat(none.events(LAYER)).isEmpty();
  }

  @Test
  void manyThreads_loseNothing() {
    var large = new StartRecord(1 << 20);
    var layers = List.of("sha256:0", "sha256:1", "sha256:2", "sha256:3");
    layers.forEach(layer -> large.requested(layer, "a"));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var layer : layers) {
        threads.execute(
            () -> {
              for (int i = 0; i < 5000; i++) {
                large.chunkFetched(layer, i, 1, Priority.PREFETCH);
              }
            });
      }
    }

    assertThat(layers).allSatisfy(layer -> assertThat(large.events(layer)).hasSize(5001));
  }
}
