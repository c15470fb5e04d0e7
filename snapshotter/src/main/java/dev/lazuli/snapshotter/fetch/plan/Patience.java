package dev.lazuli.snapshotter.fetch.plan;

import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The rules by which a stream is ended early: it delivers nothing for too long; it delivers too
 * slowly; or its layer or origin holds more than half of the permits while another has waited for
 * one. Guarded by the scheduler.
 */
final class Patience {
  /** A stream that no reader waits for may be silent for a second. */
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** One that keeps a permit from a reader may be silent for 100 ms. */
  private static final long UNWANTED_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** How long to wait for a permit before one is taken from whoever has more than half. */
  static final long SHARE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final FetchOptions options;
  private final Permits permits;
  private final Shares shares;
  private final Collection<LayerState> flying;
  private final Readers readers;

  /**
   * Makes it.
   *
   * @param flying layers with streams, always as they are now
   */
  Patience(
      FetchOptions options,
      Permits permits,
      Shares shares,
      Collection<LayerState> flying,
      Readers readers) {
    this.options = options;
    this.permits = permits;
    this.shares = shares;
    this.flying = flying;
    this.readers = readers;
  }

  /** Returns the streams that are to end now, with the reasons. */
  Map<Flight, IOException> ended(long now) {
    var ended = new LinkedHashMap<Flight, IOException>();
    for (LayerState layer : flying) {
      for (Flight flight : layer.flights().all()) {
        IOException reason = flight.isEnding() ? null : reason(layer, flight, now);
        if (reason != null) {
          ended.put(flight, reason);
        }
      }
    }
    Flight victim = ended.isEmpty() ? takenFromTheGreedy(now) : null;
    if (victim != null) {
      ended.put(victim, new StreamEnded());
    }
    return ended;
  }

  private @Nullable IOException reason(LayerState layer, Flight flight, long now) {
    Meter meter = flight.meter();
    long silent = meter.silentNanos(now);
    if (silent > options.stallTimeout().toNanos()) {
      return new IOException(
          "layer %s: no bytes for %d ms at blob offset %d"
              .formatted(
                  layer.chunks().layer(), options.stallTimeout().toMillis(), meter.blobPosition()));
    }
    if (meter.isSlower(options.leastBytesPerSecond(), options.leastRateWindow().toNanos(), now)) {
      return new IOException(
          "layer %s: less than %d bytes per second for %d s at blob offset %d"
              .formatted(
                  layer.chunks().layer(),
                  options.leastBytesPerSecond(),
                  options.leastRateWindow().toSeconds(),
                  meter.blobPosition()));
    }
    boolean idle = flight.basePriority() == Priority.ON_DEMAND && !flight.isUrgent();
    if (idle && silent > (flight.isUnwanted() ? UNWANTED_NANOS : IDLE_NANOS)) {
      return new StreamEnded();
    }
    return null;
  }

  /**
   * Returns the slowest of the streams that no reader waits for, or whose owners hold too many
   * permits, while somebody lacks one for long.
   */
  private @Nullable Flight takenFromTheGreedy(long now) {
    LayerState lacking = readers.nextInLine(shares::rank);
    if (lacking == null || permits.isFree() || readers.inLineFor(lacking, now) < SHARE_NANOS) {
      return null;
    }
    Flight slowest = null;
    double least = Double.MAX_VALUE;
    for (LayerState layer : flying) {
      for (Flight flight : layer.flights().all()) {
        if (flight.isEnding()) {
          return null; // Its permit is on its way.
        }
        double rate = flight.meter().bytesPerSecond(now);
        boolean mayBeTaken = !flight.isUrgent() || shares.isGreedy(layer, lacking);
        if (mayBeTaken && rate < least) {
          least = rate;
          slowest = flight;
        }
      }
    }
    return slowest;
  }
}
