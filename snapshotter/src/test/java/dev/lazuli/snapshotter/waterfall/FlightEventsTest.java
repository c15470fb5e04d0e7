package dev.lazuli.snapshotter.waterfall;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.snapshotter.fetch.FetchListener;
import dev.lazuli.snapshotter.fetch.plan.Priority;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlightEventsTest {
  private static final String LAYER = "sha256:" + "ab".repeat(32);

  @TempDir Path directory;

  private final FetchListener events = FlightEvents.ofThisRuntime();

  @Test
  void recording_hasMissesAndRanges() throws IOException {
    var recorded =
        recordedOf(
            () -> {
              events.demandServed(LAYER, 3, 5, 7_000_000);
              events.rangeDone(LAYER, 4096, 262144, 21_000_000, Priority.ON_DEMAND);
              events.rangeFailed(LAYER, 8192, 12, new IOException("registry.example: status 503"));
            });

    assertThat(recorded)
        .extracting(event -> event.getEventType().getName())
        .containsExactlyInAnyOrder(
            "dev.lazuli.ReadMiss", "dev.lazuli.RangeFetched", "dev.lazuli.RangeFailed");
    var miss = named(recorded, "ReadMiss");
    assertThat(miss.getString("layer")).isEqualTo(LAYER);
    assertThat(miss.getInt("firstChunk")).isEqualTo(3);
    assertThat(miss.getInt("chunks")).isEqualTo(2);
    assertThat(miss.getDuration("waited")).isEqualTo(Duration.ofMillis(7));
    var range = named(recorded, "RangeFetched");
    assertThat(range.getLong("offset")).isEqualTo(4096);
    assertThat(range.getLong("bytes")).isEqualTo(262144);
    assertThat(range.getDuration("took")).isEqualTo(Duration.ofMillis(21));
    assertThat(range.getString("priority")).isEqualTo("ON_DEMAND");
    var failed = named(recorded, "RangeFailed");
    assertThat(failed.getLong("bytes")).isEqualTo(12);
    assertThat(failed.getString("reason")).contains("registry.example: status 503");
  }

  @Test
  void withoutARecording_nothingIsKept() throws IOException {
    events.demandServed(LAYER, 0, 1, 1);

    assertThat(recordedOf(() -> {})).isEmpty();
  }

  private List<RecordedEvent> recordedOf(Runnable work) throws IOException {
    var file = directory.resolve("events.jfr");
    try (var recording = new Recording()) {
      recording.start();
      work.run();
      recording.stop();
      recording.dump(file);
    }
    return RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().startsWith("dev.lazuli."))
        .toList();
  }

  private static RecordedEvent named(List<RecordedEvent> events, String name) {
    return events.stream()
        .filter(event -> event.getEventType().getName().equals("dev.lazuli." + name))
        .findFirst()
        .orElseThrow();
  }
}
