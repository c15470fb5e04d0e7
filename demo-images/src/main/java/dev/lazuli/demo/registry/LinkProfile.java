package dev.lazuli.demo.registry;

import java.time.Duration;

/**
 * The network that a registry pretends to be behind.
 *
 * @param roundTrip added to every request before its answer starts, and once more to the first
 *     request of a connection, as the TCP handshake would; zero for none
 * @param bitsPerSecond of response bodies, shared by all connections; 0 for no limit
 */
public record LinkProfile(Duration roundTrip, long bitsPerSecond) {
  /** Neither latency nor limit. */
  public static final LinkProfile UNLIMITED = new LinkProfile(Duration.ZERO, 0);

  /** Checks the bounds. */
  public LinkProfile {
    if (roundTrip.isNegative() || bitsPerSecond < 0) {
      throw new IllegalArgumentException(roundTrip + " and " + bitsPerSecond + " bit/s");
    }
  }

  /** Returns a profile in the usual units. */
  public static LinkProfile of(long roundTripMillis, long megabitsPerSecond) {
    return new LinkProfile(Duration.ofMillis(roundTripMillis), megabitsPerSecond * 1_000_000);
  }
}
