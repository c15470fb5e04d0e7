package dev.lazuli.snapshotter.fetch.plan;

/**
 * Weighs how a layer is read. Each miss costs its reader a round trip in which little moves. Once
 * those have taken a good part of the time in which the rest of the layer could have come in one
 * go, as fast as its source delivers, it is brought whole. So whatever is read afterwards, the
 * readers have not waited much longer than if somebody had known before how much they would read.
 * Guarded by the scheduler.
 */
final class Density {
  /** Bring the layer whole when this much of the time for it has been lost. */
  private static final double SHARE = 1.0 / 3;

  /**
   * Half a second, which is a program's start: over a fast link, or in a small layer, a third of
   * the time is soon lost, and the rest would come in vain and in the way of what the start needs.
   */
  private static final double LEAST_LOST_NANOS = 500e6;

  private final LayerChunks chunks;
  private final LinkEstimate link;
  private double lostNanos;
  private long counted;
  private boolean started;
  private double endedBytes;
  private double countedBytes;
  private boolean dense;

  Density(LayerChunks chunks, LinkEstimate link) {
    this.chunks = chunks;
    this.link = link;
  }

  /** Returns whether the layer is better brought whole. */
  boolean isDense() {
    return dense;
  }

  /** A stream has ended that brought so many bytes. */
  void ended(long bytes) {
    endedBytes += bytes;
  }

  /**
   * A reader that waited since {@code since} is served. Time in which several wait counts once, and
   * time in which the link was in use does not count, nor does more than a round trip: connections
   * had to be opened, or the registry did not answer. The first one only begins the count.
   *
   * @param flights the layer's open streams
   * @return whether the layer is better brought whole from now on, once
   */
  boolean served(long since, long now, Flights flights) {
    long from = started && since - counted < 0 ? counted : since;
    double bytes = endedBytes;
    for (Flight flight : flights.all()) {
      bytes += flight.meter().bytes();
    }
    double idle = now - from - link.nanosFor(bytes - countedBytes);
    double lost = started ? Math.min(idle, link.roundTripNanos()) : 0;
    lostNanos = Math.max(0, lostNanos + lost);
    counted = now;
    countedBytes = bytes;
    started = true;
    boolean turns = !dense && hasLostEnough();
    dense |= turns;
    return turns;
  }

  private boolean hasLostEnough() {
    double whole = wholeNanos();
    return whole > 0 && lostNanos > Math.max(SHARE * whole, LEAST_LOST_NANOS);
  }

  /** Returns how long it takes to bring what is missing, 0 if that is not known. */
  private double wholeNanos() {
    int count = chunks.chunkCount();
    if (count == 0 || !chunks.blobOrdered()) {
      return 0;
    }
    double missing = 1 - chunks.presentCount() / (double) count;
    return link.nanosFor(missing * (chunks.chunkBlobEnd(count - 1) - chunks.chunkBlobOffset(0)));
  }
}
