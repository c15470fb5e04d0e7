package dev.lazuli.snapshotter.start;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/**
 * What fetching ahead costs on this node, as lately measured from the request to the verified
 * content on disk: the time of a round trip, and the bytes of blobs per second, which network,
 * decompression and disk decide together. Thread-safe.
 */
public final class FetchPace {
  /** Weight of a new sample. */
  private static final double NEWS = 0.25;

  /** Lists of fewer bytes tell the round trip, others the rate. */
  private static final long SMALL_BYTES = 64 << 10;

  /**
   * Lists of so many bytes tell the whole rate. Of smaller ones it is mostly the time to the first
   * byte that counts, and many of them come at the same time: they must not make a fast link look
   * slow.
   */
  private static final double TELLING_BYTES = 1 << 20;

  /** One round trip brings about so much to a reader that goes on and on. */
  private static final double BYTES_PER_TRIP = 1 << 20;

  private static final double MOST_TRIP_SECONDS = 1;

  @GuardedBy("this")
  private double tripSeconds;

  @GuardedBy("this")
  private double bytesPerSecond;

  /** Begins with what a registry in the same data centre does: 5 ms, 50 MB/s. */
  public FetchPace() {
    this(0.005, 50e6);
  }

  FetchPace(double tripSeconds, double bytesPerSecond) {
    this.tripSeconds = tripSeconds;
    this.bytesPerSecond = bytesPerSecond;
  }

  /** A list of {@code bytes} of blobs was here after {@code nanos}. */
  synchronized void fetched(long bytes, long nanos) {
    double seconds = Math.max(1e-6, nanos / 1e9);
    if (bytes < SMALL_BYTES) {
      double trip = Math.min(MOST_TRIP_SECONDS, seconds);
      tripSeconds += NEWS * (trip - tripSeconds);
    } else {
      double moving = Math.max(seconds / 4, seconds - tripSeconds);
      double weight = NEWS * Math.min(1, bytes / TELLING_BYTES);
      bytesPerSecond += weight * (bytes / moving - bytesPerSecond);
    }
  }

  /**
   * Returns whether bytes are worth fetching ahead: the round trips that this saves if they are
   * read are longer than it takes to bring them if they are not. A few bytes that are likely read
   * always are: they lead to others, as a module does to all that it imports.
   *
   * @param chance how likely they are read, 0 to 1
   * @param bytes of blobs
   */
  synchronized boolean isWorth(double chance, long bytes) {
    if (bytes < SMALL_BYTES && chance >= StartWish.LIKELY) {
      return true;
    }
    double trips = 1 + bytes / BYTES_PER_TRIP;
    return chance * trips * tripSeconds >= (1 - chance) * (bytes / bytesPerSecond);
  }
}
