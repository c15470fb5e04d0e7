package dev.lazuli.snapshotter.metrics;

import static java.util.Objects.requireNonNull;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * A daemon's counters for Prometheus. Every label has a fixed, small set of values: nothing is
 * labelled with a digest, an image or a host, so the number of series does not grow with what a
 * node does. Thread-safe; recording costs tens of nanoseconds.
 */
public final class Metrics {
  /** Media type of what {@link #write} writes. */
  public static final String CONTENT_TYPE = PrometheusTextFormatWriter.CONTENT_TYPE;

  // From a read served from memory to one that waits for a slow registry.
  private static final double[] SECONDS = {
    0.0001, 0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60
  };

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final Function<MountOutcome, DistributionDataPoint> mounts;
  private final Function<FetchPriority, CounterDataPoint> fetchedBytes;
  private final Function<FetchPriority, CounterDataPoint> requests;
  private final Function<FetchPriority, CounterDataPoint> failures;
  private final Histogram readWait;
  private final Counter readErrors;
  private final Counter servedBytes;
  private final Counter rejectedChunks;
  private final Counter completedLayers;

  /** Makes the metrics of one daemon, all at zero. */
  public Metrics() {
    var mountSeconds =
        histogram(
            "lazuli_mount", "Time to answer the wish for a lazy mount of a layer.", "outcome");
    mounts = series(MountOutcome.values(), outcome -> mountSeconds.labelValues(outcome.label()));
    fetchedBytes = byPriority("lazuli_fetched_bytes", "Bytes received from registries for layers.");
    requests = byPriority("lazuli_fetch_requests", "Range requests made for layers.");
    failures = byPriority("lazuli_fetch_failures", "Range requests that failed.");
    readWait = histogram("lazuli_read_wait", "Time that reads of missing content waited for it.");
    readErrors = counter("lazuli_read_errors", "Reads of missing content that ended in EIO.");
    servedBytes = counter("lazuli_served_bytes", "Bytes given to the kernel.");
    rejectedChunks =
        counter("lazuli_rejected_chunks", "Chunks thrown away because their digest was wrong.");
    completedLayers = counter("lazuli_completed_layers", "Layers whose content became complete.");
    ProcessMetrics.register(this);
  }

  /** Records that the wish for a lazy mount was answered. */
  public void mountAnswered(MountOutcome outcome, Duration took) {
    mounts.apply(outcome).observe(seconds(took));
  }

  /** Records that a reader got missing content after {@code waited}. */
  public void readWaited(Duration waited) {
    readWait.observe(seconds(waited));
  }

  /** Records that a reader got EIO. */
  public void readFailed() {
    readErrors.inc();
  }

  /** Records that bytes were given to the kernel. */
  public void served(long bytes) {
    servedBytes.inc(bytes);
  }

  /** Records that a range was asked for. */
  public void rangeRequested(FetchPriority priority) {
    requests.apply(priority).inc();
  }

  /** Records that a request for a range failed, whether or not it is tried again. */
  public void rangeFailed(FetchPriority priority) {
    failures.apply(priority).inc();
  }

  /** Records that bytes of a layer arrived. */
  public void fetched(FetchPriority priority, long bytes) {
    fetchedBytes.apply(priority).inc(bytes);
  }

  /** Records that a chunk was thrown away because its digest was wrong. */
  public void chunkRejected() {
    rejectedChunks.inc();
  }

  /** Records that a layer became complete. */
  public void layerCompleted() {
    completedLayers.inc();
  }

  /**
   * Adds a gauge that is read at each scrape.
   *
   * @param name name with unit, {@code lazuli_cache_bytes}
   * @param help one sentence
   * @param value its value now; called from any thread
   */
  public void watch(String name, String help, LongSupplier value) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .callback(out -> out.call((double) value.getAsLong()))
        .register(registry);
  }

  /**
   * Adds a counter that is read at each scrape.
   *
   * @param name name with unit, without {@code _total}
   * @param help one sentence
   * @param value its value now, never falling; called from any thread
   */
  public void watchTotal(String name, String help, LongSupplier value) {
    CounterWithCallback.builder()
        .name(name)
        .help(help)
        .callback(out -> out.call((double) value.getAsLong()))
        .register(registry);
  }

  /**
   * Writes all values in Prometheus' text format.
   *
   * @throws IOException if {@code out} fails
   */
  public void write(OutputStream out) throws IOException {
    PrometheusTextFormatWriter.create().write(out, registry.scrape());
  }

  private Histogram histogram(String name, String help, String... labels) {
    return Histogram.builder()
        .name(name)
        .help(help)
        .unit(Unit.SECONDS)
        .labelNames(labels)
        .classicOnly()
        .classicUpperBounds(SECONDS)
        .register(registry);
  }

  private Counter counter(String name, String help, String... labels) {
    return Counter.builder().name(name).help(help).labelNames(labels).register(registry);
  }

  private Function<FetchPriority, CounterDataPoint> byPriority(String name, String help) {
    var counter = counter(name, help, "priority");
    return series(FetchPriority.values(), priority -> counter.labelValues(priority.label()));
  }

  /** Makes every series at once, so that it is scraped as zero before its first event. */
  private static <L extends Enum<L>, S> Function<L, S> series(L[] labels, Function<L, S> make) {
    var series =
        Arrays.stream(labels).collect(Collectors.toUnmodifiableMap(Function.identity(), make));
    return label -> requireNonNull(series.get(label));
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}
