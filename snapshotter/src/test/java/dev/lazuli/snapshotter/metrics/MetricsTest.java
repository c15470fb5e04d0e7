package dev.lazuli.snapshotter.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.registry.model.HostAnswer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class MetricsTest {
  private final Metrics metrics = new Metrics();

  private List<String> scrape() throws IOException {
    var out = new ByteArrayOutputStream();
    metrics.write(out);
    return out.toString(UTF_8).lines().toList();
  }

  @Test
  void everySeries_existsAtZeroFromTheStart() throws IOException {
    assertThat(scrape())
        .contains(
            "lazuli_read_errors_total 0.0",
            "lazuli_fetched_bytes_total{priority=\"demand\"} 0.0",
            "lazuli_fetch_requests_total{priority=\"background\"} 0.0",
            "lazuli_mount_seconds_count{outcome=\"fallback\"} 0");
  }

  @Test
  void records_areCountedUnderTheirLabel() throws IOException {
    metrics.fetched(FetchPriority.PREFETCH, 4096);
    metrics.fetched(FetchPriority.PREFETCH, 4096);
    metrics.rangeRequested(FetchPriority.DEMAND);
    metrics.rangeFailed(FetchFailure.WRONG_BYTES);
    metrics.readFailed();
    metrics.chunkFetched(FetchPriority.BACKGROUND);
    metrics.chunkReused(4096);
    metrics.hostAnswered(true, HostAnswer.NONE);
    metrics.mountAnswered(MountOutcome.LAZY, Duration.ofMillis(30));
    metrics.readWaited(Duration.ofMillis(3));

    assertThat(scrape())
        .contains(
            "lazuli_fetched_bytes_total{priority=\"prefetch\"} 8192.0",
            "lazuli_fetch_requests_total{priority=\"demand\"} 1.0",
            "lazuli_fetch_failures_total{reason=\"wrong_bytes\"} 1.0",
            "lazuli_read_errors_total 1.0",
            "lazuli_fetched_chunks_total{priority=\"background\"} 1.0",
            "lazuli_reused_chunks_total 1.0",
            "lazuli_reused_bytes_total 4096.0",
            "lazuli_registry_requests_total{host=\"mirror\",result=\"no_answer\"} 1.0",
            "lazuli_registry_requests_total{host=\"registry\",result=\"ok\"} 0.0",
            "lazuli_mount_seconds_bucket{outcome=\"lazy\",le=\"0.02\"} 0",
            "lazuli_mount_seconds_bucket{outcome=\"lazy\",le=\"0.05\"} 1",
            "lazuli_read_wait_seconds_bucket{le=\"0.005\"} 1");
  }

  @Test
  void watchedValues_areReadAtEachScrape() throws IOException {
    var disk = new long[] {1};
    metrics.watch("lazuli_cache_bytes", "Disk space.", () -> disk[0]);
    assertThat(scrape()).contains("lazuli_cache_bytes 1.0");

    disk[0] = 2;
    assertThat(scrape()).contains("lazuli_cache_bytes 2.0");
  }

  @Test
  void watchedLabels_areReadAtEachScrape() throws IOException {
    metrics.watchEach("lazuli_layers", "Layers.", "mount", () -> Map.of("none", 3L, "lazy", 0L));
    assertThat(scrape())
        .contains("lazuli_layers{mount=\"none\"} 3.0", "lazuli_layers{mount=\"lazy\"} 0.0");
  }

  @Test
  void process_isMeasured() throws IOException {
    assertThat(scrape())
        .anySatisfy(line -> assertThat(line).matches("process_resident_memory_bytes [1-9].*"))
        .anySatisfy(line -> assertThat(line).matches("process_cpu_seconds_total .*[1-9].*"))
        .anySatisfy(line -> assertThat(line).matches("jvm_heap_used_bytes [1-9].*"))
        .anySatisfy(line -> assertThat(line).matches("process_open_fds [1-9].*"));
  }
}
