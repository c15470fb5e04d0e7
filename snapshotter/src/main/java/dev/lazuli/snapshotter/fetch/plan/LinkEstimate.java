package dev.lazuli.snapshotter.fetch.plan;

/**
 * What a blob's source has shown of itself: the time to the first byte and the bytes per second of
 * one stream, as moving averages. Decides how much is worth fetching at once: skipping over or
 * adding fewer bytes than fit into half a round trip costs less than asking again. Thread-safe.
 */
public final class LinkEstimate {
  /** Weight of a new sample. */
  private static final double NEWS = 0.25;

  /** Shorter transfers say nothing about bandwidth. */
  private static final long TELLING_BYTES = 64 << 10;

  private final long least;
  private final long most;
  private double roundTripSeconds = -1;
  private double bytesPerSecond = -1;

  public LinkEstimate(long least, long most) {
    this.least = least;
    this.most = most;
  }

  /**
   * Returns an estimate that starts with what this one knows: most layers come from one place, and
   * a container that starts reads a little of each.
   */
  public synchronized LinkEstimate successor() {
    var next = new LinkEstimate(least, most);
    next.roundTripSeconds = roundTripSeconds;
    next.bytesPerSecond = bytesPerSecond;
    return next;
  }

  public synchronized void firstByte(long nanos) {
    roundTripSeconds = average(roundTripSeconds, nanos / 1e9);
  }

  /** A stream has got so many bytes in the time since its first one. */
  public synchronized void transferred(long bytes, long nanos) {
    if (bytes >= TELLING_BYTES && nanos > 0) {
      bytesPerSecond = average(bytesPerSecond, bytes * 1e9 / nanos);
    }
  }

  private static double average(double old, double sample) {
    return old < 0 ? sample : old + NEWS * (sample - old);
  }

  /**
   * Returns how many nanoseconds a stream takes for so many bytes; 0 as long as nothing is known.
   */
  synchronized double nanosFor(double bytes) {
    return bytesPerSecond <= 0 ? 0 : bytes * 1e9 / bytesPerSecond;
  }

  /** Returns the time from a request to its first byte; 0 as long as nothing is known. */
  synchronized double roundTripNanos() {
    return Math.max(0, roundTripSeconds) * 1e9;
  }

  /** Returns the bytes worth a request of their own. */
  public synchronized long unit() {
    if (roundTripSeconds < 0 || bytesPerSecond < 0) {
      return least;
    }
    return Math.clamp((long) (roundTripSeconds * bytesPerSecond), least, most);
  }
}
