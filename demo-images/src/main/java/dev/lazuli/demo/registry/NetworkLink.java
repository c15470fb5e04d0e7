package dev.lazuli.demo.registry;

import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The shared line out of the registry: whoever wants to send waits in a queue until its bytes would
 * have left at the profile's speed. With one piece per body in the queue at a time, bodies share
 * the line evenly. Confined to its event loop.
 *
 * <p>{@code free} is the instant at which the line has sent all that was granted. A timer fires up
 * to a millisecond late; the time lost is made good, because {@code free} moves on by what the
 * bytes need and not from the instant of the late timer. Only a line that stood idle starts again.
 */
final class NetworkLink {
  private static final int MAX_PIECE = 64 << 10;
  private static final int MIN_PIECE = 1 << 10;

  private record Waiting(int bytes, Runnable send) {}

  private final EventExecutor loop;
  private final LongSupplier clock;
  private final Queue<Waiting> queue = new ArrayDeque<>();
  private LinkProfile profile = LinkProfile.UNLIMITED;
  private long free;
  private boolean timerSet;
  private boolean draining;

  NetworkLink(EventExecutor loop) {
    this(loop, System::nanoTime);
  }

  /**
   * Makes a line without limits.
   *
   * @param clock nanoseconds, as the loop's timers count them
   */
  NetworkLink(EventExecutor loop, LongSupplier clock) {
    this.loop = loop;
    this.clock = clock;
    this.free = clock.getAsLong();
  }

  void setProfile(LinkProfile profile) {
    this.profile = profile;
    drain();
  }

  long roundTripNanos() {
    return profile.roundTrip().toNanos();
  }

  boolean isLimited() {
    return profile.bitsPerSecond() > 0;
  }

  /** Returns how many bytes to send at a time: about a millisecond's worth. */
  int pieceBytes() {
    if (!isLimited()) {
      return MAX_PIECE;
    }
    var perMilli = profile.bitsPerSecond() / 8 / 1000;
    return (int) Math.max(MIN_PIECE, Math.min(MAX_PIECE, perMilli));
  }

  /** Calls {@code send} once the line has room for {@code bytes} more. */
  void transmit(int bytes, Runnable send) {
    if (queue.isEmpty()) {
      free = Math.max(free, clock.getAsLong());
    }
    queue.add(new Waiting(bytes, send));
    drain();
  }

  private void drain() {
    if (draining || timerSet) {
      return;
    }
    draining = true;
    var now = clock.getAsLong();
    for (var next = queue.peek(); next != null; next = queue.peek()) {
      var sent = free + nanos(next.bytes);
      if (sent - now > 0) {
        timerSet = true;
        var _ = loop.schedule(this::timer, sent - now, TimeUnit.NANOSECONDS);
        break;
      }
      free = sent;
      next.send.run(); // it may queue its next piece: the line must not look idle then
      queue.remove();
    }
    draining = false;
  }

  private void timer() {
    timerSet = false;
    drain();
  }

  private long nanos(int bytes) {
    return isLimited() ? bytes * 8_000_000_000L / profile.bitsPerSecond() : 0;
  }
}
