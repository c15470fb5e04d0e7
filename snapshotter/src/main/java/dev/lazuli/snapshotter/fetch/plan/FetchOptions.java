package dev.lazuli.snapshotter.fetch.plan;

import java.time.Duration;
import java.util.function.Consumer;

/**
 * Budgets and limits of the scheduler, for the whole node.
 *
 * @param memoryBytes memory for streams; {@link #STREAM_BYTES} of it per stream decide, with {@code
 *     streams}, how many may be open
 * @param streams most ranges open at once
 * @param lowStreams most of them for prefetch, layers that are wanted as a whole, and background
 *     work together, so that the rest is always free for readers; at most {@code streams - 1}
 * @param backgroundStreams most of those for background work, so that decoders do not keep readers
 *     from the processor
 * @param streamsPerLayer most of those that one layer may have
 * @param minimumUnit least bytes of a blob worth a request of their own; neighbours nobody asked
 *     for fill it up
 * @param maximumUnit most bytes that are fetched for a reader at once
 * @param prefetchRange bytes of one prefetch request
 * @param backgroundRange bytes of one background request
 * @param readDeadline how long a reader waits before it gets an error
 * @param stallTimeout how long a stream may deliver nothing before it is given up
 * @param waitingReads most reads of one layer that may wait at once; one more gets an error
 * @param leastBytesPerSecond compressed bytes per second, below which a stream is given up; 0 for
 *     no limit
 * @param leastRateWindow over how much time, spent waiting for the source, that rate is measured
 * @param backgroundBytesPerSecond compressed bytes per second for background work, 0 for no limit
 * @param backgroundRequestsPerSecond requests per second for background work, 0 for no limit
 */
public record FetchOptions(
    long memoryBytes,
    int streams,
    int lowStreams,
    int backgroundStreams,
    int streamsPerLayer,
    int minimumUnit,
    int maximumUnit,
    long prefetchRange,
    long backgroundRange,
    Duration readDeadline,
    Duration stallTimeout,
    int waitingReads,
    long leastBytesPerSecond,
    Duration leastRateWindow,
    long backgroundBytesPerSecond,
    double backgroundRequestsPerSecond) {
  /**
   * What one stream may take: a decoder's window and state, and the transport's buffers, rounded up
   * to 512 KiB.
   */
  public static final int STREAM_BYTES = 512 << 10;

  /** 16 KiB/s: while an origin waits for its turn, whoever brings less makes way. */
  public static final long CROWDED_BYTES_PER_SECOND = 16 << 10;

  /** The limits used unless configured otherwise; a test holds them to the configuration's. */
  public static final FetchOptions DEFAULT =
      new FetchOptions(
          8L * STREAM_BYTES,
          8,
          3,
          3,
          4,
          256 << 10,
          8 << 20,
          8L << 20,
          16L << 20,
          Duration.ofSeconds(60),
          Duration.ofSeconds(15),
          4096,
          1 << 10,
          Duration.ofSeconds(30),
          0,
          0);

  public FetchOptions {
    streams = (int) Math.min(streams, memoryBytes / STREAM_BYTES);
    lowStreams = Math.min(lowStreams, streams - 1);
    backgroundStreams = Math.min(backgroundStreams, lowStreams);
    if (streams < 2
        || backgroundStreams < 1
        || streamsPerLayer < 1
        || minimumUnit < 1
        || maximumUnit < minimumUnit
        || prefetchRange < minimumUnit
        || backgroundRange < minimumUnit
        || !readDeadline.isPositive()
        || !stallTimeout.isPositive()
        || waitingReads < 1
        || leastBytesPerSecond < 0
        || !leastRateWindow.isPositive()
        || backgroundBytesPerSecond < 0
        || backgroundRequestsPerSecond < 0) {
      throw new IllegalArgumentException(
          "%d bytes of memory for %d streams (%d low, %d background), %d per layer; units %d-%d; ranges %d, %d; %s, %s; %d reads; %d in %s"
              .formatted(
                  memoryBytes,
                  streams,
                  lowStreams,
                  backgroundStreams,
                  streamsPerLayer,
                  minimumUnit,
                  maximumUnit,
                  prefetchRange,
                  backgroundRange,
                  readDeadline,
                  stallTimeout,
                  waitingReads,
                  leastBytesPerSecond,
                  leastRateWindow));
    }
  }

  /** Returns these options with memory for {@code all} streams and other numbers of them. */
  public FetchOptions withMemoryForStreams(int all, int low, int perLayer) {
    return changed(
        draft -> {
          draft.memoryBytes = (long) all * STREAM_BYTES;
          draft.streams = all;
          draft.lowStreams = low;
          draft.backgroundStreams = low;
          draft.streamsPerLayer = perLayer;
        });
  }

  /** Returns these options with another time until a reader gets an error. */
  public FetchOptions withReadDeadline(Duration deadline) {
    return changed(draft -> draft.readDeadline = deadline);
  }

  /** Returns these options with another time after which a silent stream is given up. */
  public FetchOptions withStallTimeout(Duration timeout) {
    return changed(draft -> draft.stallTimeout = timeout);
  }

  /** Returns these options with another least rate, measured over {@code window}; 0 for none. */
  public FetchOptions withLeastRate(long bytesPerSecond, Duration window) {
    return changed(
        draft -> {
          draft.leastBytesPerSecond = bytesPerSecond;
          draft.leastRateWindow = window;
        });
  }

  /** Returns these options with another bound of the reads of one layer that may wait. */
  public FetchOptions withWaitingReads(int most) {
    return changed(draft -> draft.waitingReads = most);
  }

  /** Returns these options with other numbers of streams; {@code memoryBytes} still bounds them. */
  public FetchOptions withStreams(int all, int low, int perLayer) {
    return changed(
        draft -> {
          draft.streams = all;
          draft.lowStreams = low;
          draft.backgroundStreams = low;
          draft.streamsPerLayer = perLayer;
        });
  }

  /** Returns these options with other sizes, in bytes: units for readers, ranges for the rest. */
  public FetchOptions withSizes(int minimum, int maximum, long prefetch, long background) {
    return changed(
        draft -> {
          draft.minimumUnit = minimum;
          draft.maximumUnit = maximum;
          draft.prefetchRange = prefetch;
          draft.backgroundRange = background;
        });
  }

  /** Returns these options with other budgets of background work; 0 for no limit. */
  public FetchOptions withBackgroundBudget(long bytesPerSecond, double requestsPerSecond) {
    return changed(
        draft -> {
          draft.backgroundBytesPerSecond = bytesPerSecond;
          draft.backgroundRequestsPerSecond = requestsPerSecond;
        });
  }

  /**
   * Returns these options for a machine with so many processors. Background work leaves one of them
   * to others. Layers that are wanted as a whole are decoded on all of them, but a quarter of the
   * streams stays free for readers.
   */
  public FetchOptions withProcessors(int processors) {
    return changed(
        draft -> {
          draft.backgroundStreams = Math.clamp(processors - 1, 1, backgroundStreams);
          draft.lowStreams = Math.max(lowStreams, Math.min(processors, streams - streams / 4));
          draft.streamsPerLayer = Math.max(streamsPerLayer, Math.min(processors, draft.lowStreams));
        });
  }

  private FetchOptions changed(Consumer<Draft> change) {
    var draft = new Draft(this);
    change.accept(draft);
    return draft.finished();
  }

  /** The options with each value open to change, so that one place lists them all. */
  private static final class Draft {
    private long memoryBytes;
    private int streams;
    private int lowStreams;
    private int backgroundStreams;
    private int streamsPerLayer;
    private int minimumUnit;
    private int maximumUnit;
    private long prefetchRange;
    private long backgroundRange;
    private Duration readDeadline;
    private Duration stallTimeout;
    private int waitingReads;
    private long leastBytesPerSecond;
    private Duration leastRateWindow;
    private long backgroundBytesPerSecond;
    private double backgroundRequestsPerSecond;

    Draft(FetchOptions from) {
      memoryBytes = from.memoryBytes;
      streams = from.streams;
      lowStreams = from.lowStreams;
      backgroundStreams = from.backgroundStreams;
      streamsPerLayer = from.streamsPerLayer;
      minimumUnit = from.minimumUnit;
      maximumUnit = from.maximumUnit;
      prefetchRange = from.prefetchRange;
      backgroundRange = from.backgroundRange;
      readDeadline = from.readDeadline;
      stallTimeout = from.stallTimeout;
      waitingReads = from.waitingReads;
      leastBytesPerSecond = from.leastBytesPerSecond;
      leastRateWindow = from.leastRateWindow;
      backgroundBytesPerSecond = from.backgroundBytesPerSecond;
      backgroundRequestsPerSecond = from.backgroundRequestsPerSecond;
    }

    FetchOptions finished() {
      return new FetchOptions(
          memoryBytes,
          streams,
          lowStreams,
          backgroundStreams,
          streamsPerLayer,
          minimumUnit,
          maximumUnit,
          prefetchRange,
          backgroundRange,
          readDeadline,
          stallTimeout,
          waitingReads,
          leastBytesPerSecond,
          leastRateWindow,
          backgroundBytesPerSecond,
          backgroundRequestsPerSecond);
    }
  }
}
