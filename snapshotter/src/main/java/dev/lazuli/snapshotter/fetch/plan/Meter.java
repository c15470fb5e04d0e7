package dev.lazuli.snapshotter.fetch.plan;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/**
 * Measures how a stream's bytes come. Only the time counts in which the stream waits for its
 * source: what it spends at the gate or on the disk says nothing about the source. Times are in
 * nanoseconds by the caller's clock. Thread-safe.
 */
public final class Meter {
  @GuardedBy("this")
  private boolean waiting;

  @GuardedBy("this")
  private long waitingSince;

  @GuardedBy("this")
  private long waited;

  @GuardedBy("this")
  private long bytes;

  @GuardedBy("this")
  private long blobPosition;

  @GuardedBy("this")
  private long windowWaited;

  @GuardedBy("this")
  private long windowBytes;

  @GuardedBy("this")
  private long lastWaited;

  @GuardedBy("this")
  private long lastBytes;

  @GuardedBy("this")
  private boolean lastSlower;

  /** Starts at a blob offset, not waiting. */
  Meter(long blobOffset) {
    this.blobPosition = blobOffset;
  }

  /** The stream begins to wait for its source. */
  public synchronized void waits(long now) {
    waiting = true;
    waitingSince = now;
  }

  /** The stream no longer waits. */
  public synchronized void goesOn(long now) {
    waited = waitedUntil(now);
    waiting = false;
  }

  /** The stream enters a range that begins at {@code blobOffset}. */
  public synchronized void enters(long blobOffset) {
    blobPosition = blobOffset;
  }

  /** The source has delivered {@code count} more bytes. */
  public synchronized void got(int count) {
    bytes += count;
    blobPosition += count;
  }

  /** Returns how many bytes the source has delivered. */
  synchronized long bytes() {
    return bytes;
  }

  /** Returns the blob offset of the next byte. */
  synchronized long blobPosition() {
    return blobPosition;
  }

  /** Returns for how long the stream has been waiting without a byte; 0 if it does not wait. */
  synchronized long silentNanos(long now) {
    return waiting ? now - waitingSince : 0;
  }

  /** Returns the bytes for each second of waiting so far. */
  synchronized double bytesPerSecond(long now) {
    return bytes * 1e9 / Math.max(1, waitedUntil(now));
  }

  /**
   * Returns whether fewer bytes came than {@code leastPerSecond} asks for, in each window of {@code
   * windowNanos} that the stream has waited. Called again and again.
   *
   * <p>The registry's client has a rule like it, which ends one body when its next piece comes too
   * late. This one is apart from it because a stream can consist of many bodies, from several
   * hosts, that are each too short to be judged; because the scheduler also looks between two
   * pieces, by a clock of its own; and because {@code fetch} works with any source of bytes, not
   * only with registries.
   */
  synchronized boolean isSlower(long leastPerSecond, long windowNanos, long now) {
    long window = waitedUntil(now) - windowWaited;
    if (window < windowNanos) {
      return false;
    }
    boolean slower = bytes - windowBytes < leastPerSecond * (window / 1e9);
    windowWaited += window;
    windowBytes = bytes;
    return slower;
  }

  /**
   * Returns whether fewer bytes came than {@code leastPerSecond} asks for in the last whole window
   * of at least {@code windowNanos} that the stream has waited; false before there is one. Windows
   * end only when this is called.
   */
  synchronized boolean wasSlower(long leastPerSecond, long windowNanos, long now) {
    long window = waitedUntil(now) - lastWaited;
    if (window >= windowNanos) {
      lastSlower = bytes - lastBytes < leastPerSecond * (window / 1e9);
      lastWaited += window;
      lastBytes = bytes;
    }
    return lastSlower;
  }

  @GuardedBy("this")
  private long waitedUntil(long now) {
    return waiting ? waited + (now - waitingSince) : waited;
  }
}
