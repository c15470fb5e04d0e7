package dev.lazuli.registry.auth;

import java.time.Duration;

/**
 * What is sent as the Authorization header, and how long.
 *
 * @param header the header's value
 * @param renewAt when it should be renewed, by {@link System#nanoTime}
 * @param expiresAt when it has certainly expired
 */
public record Token(String header, long renewAt, long expiresAt) {
  private static final Duration LONGEST_MARGIN = Duration.ofSeconds(30);

  /** Makes a token that is renewed a fifth of its life, at most 30 seconds, before its end. */
  static Token living(String header, Duration life, long now) {
    long nanos = life.toNanos();
    long margin = Math.min(nanos / 5, LONGEST_MARGIN.toNanos());
    return new Token(header, now + nanos - margin, now + nanos);
  }

  boolean isFresh(long now) {
    return renewAt - now > 0;
  }

  boolean isAlive(long now) {
    return expiresAt - now > 0;
  }

  /** Keeps the secret out of logs. */
  @Override
  public String toString() {
    return "Token[...]";
  }
}
