package dev.lazuli.cache;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.cache.disk.Disk;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.function.Predicate;

/**
 * Says whether content that no reader waits for may be added: while the disk has more free than the
 * reserve for the node's other users, and not again before it has a quarter more. The disk is asked
 * once per second at most.
 *
 * <p>Some file systems are full while they still report much free, and some are out of inodes. So
 * after a write that found no room it is tried again when more is free than was then, or after a
 * wait that doubles from one second to about nine minutes. Thread-safe.
 */
final class Room {
  private static final System.Logger LOG = System.getLogger(Room.class.getName());

  private static final long CHECK_MILLIS = 1000;
  private static final int MOST_DOUBLINGS = 9;
  private static final long MOST_MARGIN = 64L << 20; // 64 MiB

  /**
   * 1 MiB: if less than this is free, a write that failed found no room, whatever the error says.
   */
  private static final long LEAST_FREE = 1 << 20;

  private final Disk disk;
  private final Path root;
  private final DiskUsage usage;
  private final InstantSource clock;
  private final Predicate<IOException> noRoom;
  private final long reserve;
  private final long margin;

  private volatile long checkAfter = Long.MIN_VALUE;
  private volatile boolean low;
  private volatile long spare = Long.MAX_VALUE;

  /** What the store took when the disk was last asked. */
  private volatile long usedThen;

  @GuardedBy("this")
  private long fullAt;

  @GuardedBy("this")
  private int timesFull;

  @GuardedBy("this")
  private long notBefore = Long.MIN_VALUE;

  Room(Path root, DiskUsage usage, StoreOptions options) {
    this.disk = options.disk();
    this.root = root;
    this.usage = usage;
    this.clock = options.clock();
    this.noRoom = options.noRoom();
    long total = disk.totalBytes(root);
    this.reserve = options.reserveOn(total);
    this.margin = Math.max(reserve / 4, Math.min(MOST_MARGIN, total / 20));
  }

  /**
   * Returns how many bytes that no reader waits for fit without evicting anything; negative where
   * not even an empty chunk may be added.
   */
  long left() {
    return Math.min(usage.leftInAdvance(), spare());
  }

  /**
   * Returns how many bytes fit before the reserve is used, whatever has to be evicted for them;
   * negative where not even an empty file may be added.
   */
  long spare() {
    return isLow() ? -1 : spare - Math.max(0, usage.usedBytes() - usedThen);
  }

  /** Returns how many bytes are free on the disk; {@link Long#MAX_VALUE} if unknown. */
  long free() {
    return disk.totalBytes(root) > 0 ? disk.freeBytes(root) : Long.MAX_VALUE;
  }

  private boolean isLow() {
    long now = clock.millis();
    if (isStale(now)) {
      check(now);
    }
    return low;
  }

  /** Returns whether the last look at the disk is too old, also where the clock was set back. */
  private boolean isStale(long now) {
    long after = checkAfter;
    return now >= after || now + CHECK_MILLIS < after;
  }

  private synchronized void check(long now) {
    if (!isStale(now)) {
      return;
    }
    checkAfter = now + CHECK_MILLIS;
    usedThen = usage.usedBytes();
    long free = disk.freeBytes(root);
    spare = disk.totalBytes(root) > 0 ? Math.max(0, free - reserve) : Long.MAX_VALUE;
    if (low && free >= reserve + margin && mayTryAgain(free, now)) {
      low = false;
      LOG.log(INFO, "{0} has {1} bytes free: fetching ahead of readers resumes", root, free);
    } else if (!low && free < reserve && disk.totalBytes(root) > 0) {
      pause(free);
    }
  }

  @GuardedBy("this")
  private boolean mayTryAgain(long free, long now) {
    if (free >= fullAt + margin) {
      timesFull = 0;
      return true;
    }
    return now >= notBefore || now + (CHECK_MILLIS << MOST_DOUBLINGS) < notBefore;
  }

  @GuardedBy("this")
  private void pause(long free) {
    low = true;
    LOG.log(
        WARNING,
        "{0} has {1} bytes free, {2} are reserved for others: until there is space, only what"
            + " readers ask for is fetched",
        root,
        free,
        reserve);
  }

  /** Returns whether an error says in English that a disk or a quota is full. */
  static boolean saysFull(IOException e) {
    String message = String.valueOf(e.getMessage());
    return message.contains("No space left") || message.contains("quota exceeded");
  }

  /** Returns whether a write failed for lack of room; if so there is none from now on. */
  synchronized boolean isFull(IOException e) {
    long free = disk.freeBytes(root);
    boolean full = noRoom.test(e) || free < LEAST_FREE;
    if (full && !low) {
      checkAfter = clock.millis() + CHECK_MILLIS;
      notBefore = clock.millis() + (CHECK_MILLIS << Math.min(timesFull++, MOST_DOUBLINGS));
      fullAt = free;
      pause(free);
    }
    return full;
  }
}
