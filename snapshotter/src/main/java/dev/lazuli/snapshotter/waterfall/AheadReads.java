package dev.lazuli.snapshotter.waterfall;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.BitSet;
import java.util.function.IntToLongFunction;
import java.util.function.LongSupplier;

/**
 * Which chunks of a layer came before a reader asked for them, and which of these were read. Is
 * decided once readers have been quiet; from then on it costs nothing. Thread-safe.
 *
 * <p>Only reads through the daemon are seen: of a layer that was complete when its container began,
 * nothing is known, and nothing is decided.
 */
public final class AheadReads {
  /** A start is over when nothing was read for so long. */
  static final Duration QUIET = Duration.ofSeconds(10);

  /** A server that never stops reading has started all the same. */
  static final Duration LONGEST = Duration.ofMinutes(1);

  private final IntToLongFunction sizes;
  private final LongSupplier clock;

  @GuardedBy("this")
  private BitSet ahead = new BitSet();

  @GuardedBy("this")
  private BitSet read = new BitSet();

  @GuardedBy("this")
  private long bytes;

  @GuardedBy("this")
  private long readBytes;

  @GuardedBy("this")
  private boolean isRead;

  @GuardedBy("this")
  private long firstRead;

  @GuardedBy("this")
  private long lastRead;

  private volatile boolean decided;

  AheadReads(IntToLongFunction sizes, LongSupplier clock) {
    this.sizes = sizes;
    this.clock = clock;
  }

  /** A chunk came that no reader waited for. */
  synchronized void arrived(int chunk) {
    if (!decided && !ahead.get(chunk)) {
      ahead.set(chunk);
      bytes += sizes.applyAsLong(chunk);
      if (read.get(chunk)) {
        readBytes += sizes.applyAsLong(chunk);
      }
    }
  }

  /** A reader asked for chunks from {@code from} up to, not including, {@code to}. */
  public void read(int from, int to) {
    if (!decided) {
      note(from, to);
    }
  }

  private synchronized void note(int from, int to) {
    lastRead = clock.getAsLong();
    firstRead = isRead ? firstRead : lastRead;
    isRead = true;
    for (int chunk = read.nextClearBit(from); chunk < to; chunk = read.nextClearBit(chunk + 1)) {
      read.set(chunk);
      if (ahead.get(chunk)) {
        readBytes += sizes.applyAsLong(chunk);
      }
    }
  }

  /** Returns what is known now, and decides it if readers have been quiet. */
  synchronized Ahead figures() {
    long now = clock.getAsLong();
    if (isRead && (now - lastRead >= QUIET.toNanos() || now - firstRead >= LONGEST.toNanos())) {
      decide();
    }
    return new Ahead(bytes, readBytes, decided);
  }

  /** The layer is no longer used: returns what is known, decided if it was read at all. */
  synchronized Ahead end() {
    if (isRead) {
      decide();
    }
    return new Ahead(bytes, readBytes, decided);
  }

  @GuardedBy("this")
  private void decide() {
    decided = true;
    ahead = new BitSet();
    read = new BitSet();
  }
}
