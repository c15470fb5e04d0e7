package dev.lazuli.snapshotter.fetch.plan;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/**
 * A rate, kept by borrowing: whoever takes more than there is waits until it has been earned. A
 * rate of 0 means no limit. Thread-safe.
 */
public final class TokenBucket {
  private final double perNano;
  private final double most;

  @GuardedBy("this")
  private double tokens;

  @GuardedBy("this")
  private long last;

  /** Holds at most {@code burst} unspent tokens. */
  public TokenBucket(double perSecond, double burst, long now) {
    this.perNano = perSecond / 1e9;
    this.most = burst;
    this.tokens = burst;
    this.last = now;
  }

  /** Takes {@code amount} and returns how many nanoseconds to wait for it. */
  public synchronized long take(double amount, long now) {
    if (perNano == 0) {
      return 0;
    }
    earn(now);
    tokens -= amount;
    return tokens >= 0 ? 0 : (long) (-tokens / perNano);
  }

  /** Takes one token if there is one. */
  synchronized boolean tryTake(long now) {
    if (perNano == 0) {
      return true;
    }
    earn(now);
    if (tokens < 1) {
      return false;
    }
    tokens -= 1;
    return true;
  }

  @GuardedBy("this")
  private void earn(long now) {
    tokens = Math.min(most, tokens + (now - last) * perNano);
    last = now;
  }
}
