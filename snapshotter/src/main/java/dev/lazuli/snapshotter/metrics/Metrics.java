package dev.lazuli.snapshotter.metrics;

import static java.util.Objects.requireNonNull;

import dev.lazuli.registry.model.HostAnswer;
import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
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
  private final WatchedMetrics watched = new WatchedMetrics(registry);
  private final Function<MountOutcome, DistributionDataPoint> mounts;
  private final Function<FetchPriority, CounterDataPoint> fetchedBytes;
  private final Function<FetchPriority, CounterDataPoint> requests;
  private final Function<FetchPriority, CounterDataPoint> fetchedChunks;
  private final Function<FetchFailure, CounterDataPoint> failures;
  private final Map<HostKind, Function<RequestResult, CounterDataPoint>> answers =
      new EnumMap<>(HostKind.class);
  private final Histogram readWait;
  private final Counter readErrors;
  private final Counter reusedChunks;
  private final Counter reusedBytes;
  private final Counter completedLayers;
  private final Counter pulledBytes;
  private final Counter unexpectedErrors;
  private final Counter provedLayers;
  private final Counter lyingLayers;

  /** Makes the metrics of one daemon, all at zero. */
  public Metrics() {
    var mountSeconds =
        histogram(
            "lazuli_mount", "Time to answer a request for a lazy mount of a layer.", "outcome");
    mounts = series(MountOutcome.values(), outcome -> mountSeconds.labelValues(outcome.label()));
    fetchedBytes = byPriority("lazuli_fetched_bytes", "Bytes received from registries for layers.");
    fetchedChunks =
        byPriority("lazuli_fetched_chunks", "Chunks that were fetched, verified and kept.");
    requests = byPriority("lazuli_fetch_requests", "Range requests made for layers.");
    var failed =
        counter(
            "lazuli_fetch_failures",
            "Range requests for layers that failed, whether or not they were retried.",
            "reason");
    failures = series(FetchFailure.values(), reason -> failed.labelValues(reason.label()));
    countAnswers();
    reusedChunks =
        counter("lazuli_reused_chunks", "Chunks taken from this disk instead of being fetched.");
    reusedBytes =
        counter("lazuli_reused_bytes", "Content taken from this disk instead of being fetched.");
    readWait =
        histogram(
            "lazuli_read_wait",
            "Time that reads waited for missing content; its count is the number of misses.");
    readErrors = counter("lazuli_read_errors", "Reads of missing content that ended in EIO.");
    completedLayers = counter("lazuli_completed_layers", "Layers whose content became complete.");
    pulledBytes =
        counter(
            "lazuli_pulled_bytes",
            "Bytes received from registries for layers without an index, which were pulled whole.");
    unexpectedErrors =
        counter(
            "lazuli_unexpected_errors",
            "Errors that no part of the daemon expects: bugs. The log has their stack traces.");
    provedLayers =
        counter("lazuli_proved_layers", "Layers that were found to be what their image says.");
    lyingLayers =
        counter("lazuli_lying_layers", "Layers that were found not to be what their image says.");
    ProcessMetrics.register(watched);
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

  /** Records that a range was asked for. */
  public void rangeRequested(FetchPriority priority) {
    requests.apply(priority).inc();
  }

  /** Records that a request for a range failed, whether or not it is tried again. */
  public void rangeFailed(FetchFailure reason) {
    failures.apply(reason).inc();
  }

  /**
   * Records that a registry's host was asked for anything at all, and how it answered.
   *
   * @param mirror whether a mirror was asked, not the registry itself
   */
  public void hostAnswered(boolean mirror, HostAnswer answer) {
    requireNonNull(answers.get(HostKind.of(mirror))).apply(RequestResult.of(answer)).inc();
  }

  /** Records that bytes of a layer arrived. */
  public void fetched(FetchPriority priority, long bytes) {
    fetchedBytes.apply(priority).inc(bytes);
  }

  /** Records that a chunk was fetched, verified and kept. */
  public void chunkFetched(FetchPriority priority) {
    fetchedChunks.apply(priority).inc();
  }

  /** Records that a chunk was found on this disk. */
  public void chunkReused(long bytes) {
    reusedChunks.inc();
    reusedBytes.inc(bytes);
  }

  /** Records that a layer became complete. */
  public void layerCompleted() {
    completedLayers.inc();
  }

  /** Records that a layer without an index has been pulled, with so many bytes received. */
  public void layerPulled(long bytes) {
    pulledBytes.inc(bytes);
  }

  /** Records an error that nobody expected, after which a thread went on. */
  public void unexpectedError() {
    unexpectedErrors.inc();
  }

  /** Records that a layer was found to be what its image says. */
  public void layerProved() {
    provedLayers.inc();
  }

  /** Records that a layer was found not to be what its image says. */
  public void layerLied() {
    lyingLayers.inc();
  }

  /**
   * Adds a gauge that is read at each scrape.
   *
   * @param name name with unit, {@code lazuli_cache_bytes}
   * @param help one sentence
   * @param value its value now; called from any thread
   */
  public void watch(String name, String help, DoubleSupplier value) {
    watched.gauge(name, help, value);
  }

  /**
   * Adds a gauge with one label that is read at each scrape.
   *
   * @param values its values now, by the label's values: a fixed, small set; called from any thread
   */
  public void watchEach(
      String name, String help, String label, Supplier<Map<String, Long>> values) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .labelNames(label)
        .callback(out -> values.get().forEach((of, value) -> out.call((double) value, of)))
        .register(registry);
  }

  /**
   * Adds a counter that is read at each scrape.
   *
   * @param name name with unit, without {@code _total}
   * @param help one sentence
   * @param value its value now, never falling; called from any thread
   */
  public void watchTotal(String name, String help, DoubleSupplier value) {
    watched.total(name, help, value);
  }

  /**
   * Writes all values in Prometheus' text format.
   *
   * @throws IOException if {@code out} fails
   */
  public void write(OutputStream out) throws IOException {
    PrometheusTextFormatWriter.create().write(out, registry.scrape());
  }

  private void countAnswers() {
    var counter =
        counter(
            "lazuli_registry_requests",
            "All requests to registries, by kind of host and result.",
            "host",
            "result");
    for (var host : HostKind.values()) {
      answers.put(
          host,
          series(
              RequestResult.values(), result -> counter.labelValues(host.label(), result.label())));
    }
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
