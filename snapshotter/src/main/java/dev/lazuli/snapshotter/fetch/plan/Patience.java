package dev.lazuli.snapshotter.fetch.plan;

import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The rules by which a stream is ended early. The first that applies decides:
 *
 * <ol>
 *   <li>It has delivered nothing for too long.
 *   <li>It delivers too slowly.
 *   <li>Its last reader has gone, and it stalls.
 *   <li>A reader has waited for a permit, and this stream serves no reader; or its layer or origin
 *       holds too many permits; or the reader's origin holds none, and this stream brings little.
 *   <li>Another stream waits for memory to decode what it has, and this one brings little.
 * </ol>
 *
 * <p>By the last two rules one stream is ended at a time, the slowest. Guarded by the scheduler.
 */
final class Patience {
  /** A stream that no reader waits for may be silent for a second. */
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** One that keeps a permit from a reader may be silent for 100 ms. */
  private static final long UNWANTED_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** How long to wait for a permit before one is taken from whoever has too many. */
  static final long SHARE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /** How long to wait for the end of a stream that will have ended by then, if it goes on so. */
  private static final long SOON_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** Over how much waiting that is measured; a stream that makes way has had so much at least. */
  private static final long CROWDED_WINDOW_NANOS = TimeUnit.SECONDS.toNanos(5);

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

  /**
   * Returns the streams that are to end now, with the reasons.
   *
   * @param memoryWanted whether a stream waits for memory that others hold
   */
  Map<Flight, IOException> ended(long now, boolean memoryWanted) {
    var ended = new LinkedHashMap<Flight, IOException>();
    for (LayerState layer : flying) {
      for (Flight flight : layer.flights().all()) {
        IOException reason = flight.isEnding() ? null : reason(layer, flight, now);
        if (reason != null) {
          ended.put(flight, reason);
        }
      }
    }
    if (ended.isEmpty() && !isAnyEnding()) { // What one of those holds is on its way.
      Flight victim = takenForWhoLacksOne(now);
      if (victim == null && memoryWanted) {
        victim = slowestCrowding(now);
      }
      if (victim != null) {
        ended.put(victim, new StreamEnded());
      }
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

  /** Returns the stream to end for a reader who has lacked a permit for long; null if none. */
  private @Nullable Flight takenForWhoLacksOne(long now) {
    LayerState lacking = readers.nextInLine(shares::rank);
    if (lacking == null || permits.isFree() || readers.inLineFor(lacking, now) < SHARE_NANOS) {
      return null;
    }
    Flight taken = takenFor(lacking, now);
    if (taken != null) {
      readers.toTheFront(lacking);
    }
    return taken;
  }

  private boolean isAnyEnding() {
    return flying.stream().flatMap(l -> l.flights().all().stream()).anyMatch(Flight::isEnding);
  }

  /**
   * Returns the slowest of the streams that no reader waits for, or whose owners hold too many
   * permits. If there is none, and the origin has no permit at all, it is the slowest of those that
   * bring very little: many origins with a permit each must not keep out another.
   */
  private @Nullable Flight takenFor(LayerState lacking, long now) {
    boolean waitsOn = readers.inLineFor(lacking, now) < SOON_NANOS;
    Flight taken =
        slowest(
            (layer, flight) ->
                !flight.isUrgent()
                    || (shares.isGreedy(layer, lacking) && !(waitsOn && endsSoon(flight, now))),
            now);
    if (taken == null && shares.hasNone(lacking)) {
      taken = slowestCrowding(now);
    }
    return taken;
  }

  /** Returns whether a stream frees its permit soon: to cut it would only waste what it brings. */
  private static boolean endsSoon(Flight flight, long now) {
    return flight.bytesLeft() < flight.meter().bytesPerSecond(now) * (SOON_NANOS / 1e9);
  }

  private @Nullable Flight slowestCrowding(long now) {
    return slowest((_, flight) -> isCrowding(flight, now), now);
  }

  private static boolean isCrowding(Flight flight, long now) {
    return flight
        .meter()
        .wasSlower(FetchOptions.CROWDED_BYTES_PER_SECOND, CROWDED_WINDOW_NANOS, now);
  }

  private @Nullable Flight slowest(BiPredicate<LayerState, Flight> mayBeTaken, long now) {
    Flight slowest = null;
    double least = Double.MAX_VALUE;
    for (LayerState layer : flying) {
      for (Flight flight : layer.flights().all()) {
        double rate = flight.meter().bytesPerSecond(now);
        if (mayBeTaken.test(layer, flight) && rate < least) {
          least = rate;
          slowest = flight;
        }
      }
    }
    return slowest;
  }
}
