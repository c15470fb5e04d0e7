package dev.lazuli.snapshotter.bulk;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.LeastRate;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a few pulls at a time, each on a thread of its own: decompressing keeps a processor busy,
 * which no virtual thread may. What a client waits for comes first; otherwise the registry that has
 * the fewest under way, so that one that is slow or has much to send holds up no other for long. If
 * one holds all turns, another one gets a turn more. While a registry without a turn waits, more is
 * asked of those that run with each minute, or they make room. Thread-safe.
 */
final class PullQueue implements AutoCloseable {
  /** Up to 16 MiB/s: faster pulls of large layers are worth waiting for. */
  private static final int MOST_DOUBLINGS = 10;

  private static final long DOUBLING_NANOS = Duration.ofMinutes(1).toNanos();

  private static final Logger log = LoggerFactory.getLogger(PullQueue.class);

  /** Pulls end with their connection; a disk that does not answer must not keep the daemon. */
  static final Duration END = Duration.ofSeconds(10);

  private static final long MILLISECOND = 1_000_000;

  private final int most;
  private final LongSupplier nanoTime;
  private final Runnable atRest;
  private final ThreadFactory threads;
  private final List<Entry> waiting = new ArrayList<>();
  private final Map<String, Integer> running = new HashMap<>();

  @GuardedBy("this")
  private int count;

  @GuardedBy("this")
  private boolean closed;

  /** What is done for a flight: one of these, once, unless the queue is closed before. */
  interface Work {
    /** Pulls. */
    void run();

    /** Says that it cannot be run. Called without the queue's lock. */
    void refuse(IOException reason);
  }

  private static final class Entry {
    final PullFlight flight;
    final String registry;
    final Work work;
    boolean isAwaited;

    /** When its client began to wait, or its registry's last turn ended if that was later. */
    long since;

    Entry(PullFlight flight, boolean isAwaited, long since, Work work) {
      this.flight = flight;
      this.registry = ImageReference.registryOf(flight.reference());
      this.isAwaited = isAwaited;
      this.since = since;
      this.work = work;
    }
  }

  /**
   * Makes an empty queue.
   *
   * @param most how many pulls run at the same time, but for one more of another registry
   * @param nanoTime such as {@link System#nanoTime}
   * @param atRest called when none runs any more
   */
  PullQueue(int most, LongSupplier nanoTime, Runnable atRest) {
    this(most, nanoTime, atRest, Thread.ofPlatform().daemon().name("bulk-pull").factory());
  }

  /** As above, with threads of the caller's choice. */
  PullQueue(int most, LongSupplier nanoTime, Runnable atRest, ThreadFactory threads) {
    this.threads = threads;
    this.most = most;
    this.nanoTime = nanoTime;
    this.atRest = atRest;
  }

  /** Runs the work of a flight when it is its turn. */
  void add(PullFlight flight, boolean isAwaited, Work work) {
    Map<Entry, IOException> refused;
    synchronized (this) {
      waiting.add(new Entry(flight, isAwaited, nanoTime.getAsLong(), work));
      refused = startSome();
    }
    refused.forEach((entry, reason) -> entry.work.refuse(reason));
  }

  /**
   * Returns how many bytes a second a pull must bring to keep its turn. Where others wait this is
   * more, and doubles with each minute that a registry without a turn has waited.
   */
  synchronized long leastRate() {
    if (waiting.isEmpty()) {
      return LeastRate.usual();
    }
    long now = nanoTime.getAsLong();
    long longest = 0;
    for (var entry : waiting) {
      if (entry.isAwaited && !running.containsKey(entry.registry) && !entry.flight.isGivenUp()) {
        longest = Math.max(longest, now - entry.since);
      }
    }
    return FetchOptions.CROWDED_BYTES_PER_SECOND
        << Math.min(MOST_DOUBLINGS, longest / DOUBLING_NANOS);
  }

  /** Puts a flight before all that nobody waits for. */
  synchronized void hurry(PullFlight flight) {
    for (var entry : waiting) {
      if (entry.flight == flight && !entry.isAwaited) {
        entry.isAwaited = true;
        entry.since = nanoTime.getAsLong();
      }
    }
  }

  /** Returns those for which there was no thread, to be told so. */
  @GuardedBy("this")
  private Map<Entry, IOException> startSome() {
    var refused = new LinkedHashMap<Entry, IOException>();
    while (!closed && count <= most && !waiting.isEmpty()) {
      var entry = next();
      if (count == most && running.containsKey(entry.registry)) {
        break;
      }
      waiting.remove(entry);
      try {
        threads.newThread(() -> run(entry)).start();
      } catch (OutOfMemoryError e) { // The kernel's limit of threads, not memory as a rule.
        refused.put(
            entry, new IOException("no thread can be started for it: " + e.getMessage(), e));
        continue;
      }
      count++;
      running.merge(entry.registry, 1, Integer::sum);
    }
    return refused;
  }

  @GuardedBy("this")
  private Entry next() {
    var best = waiting.getFirst();
    for (var entry : waiting) {
      if (isBefore(entry, best)) {
        best = entry;
      }
    }
    return best;
  }

  /** Returns whether one goes before another that came earlier. */
  private boolean isBefore(Entry entry, Entry earlier) {
    if (entry.isAwaited != earlier.isAwaited) {
      return entry.isAwaited;
    }
    int held = running.getOrDefault(entry.registry, 0);
    int heldByEarlier = running.getOrDefault(earlier.registry, 0);
    return held == heldByEarlier ? entry.since - earlier.since < 0 : held < heldByEarlier;
  }

  private void run(Entry entry) {
    try {
      entry.work.run();
    } finally {
      done(entry);
    }
  }

  private void done(Entry entry) {
    Map<Entry, IOException> refused;
    synchronized (this) {
      count--;
      if (running.computeIfPresent(entry.registry, (_, left) -> left == 1 ? null : left - 1)
          == null) {
        waitAnew(entry.registry);
      }
      refused = startSome();
      if (count == 0) {
        atRest.run();
      }
      notifyAll();
    }
    refused.forEach((waiting, reason) -> waiting.work.refuse(reason));
  }

  /** Puts a registry that has just had a turn behind those that have waited longer for one. */
  @GuardedBy("this")
  private void waitAnew(String registry) {
    long now = nanoTime.getAsLong();
    for (var entry : waiting) {
      if (entry.registry.equals(registry)) {
        entry.since = now;
      }
    }
  }

  /** Starts nothing more and waits for what runs, but no longer than {@link #END}. Idempotent. */
  @Override
  public void close() {
    if (!endWithin(END)) {
      log.warn("layers that are pulled whole: {} have not ended within {}", count(), END);
    }
  }

  private synchronized int count() {
    return count;
  }

  /** Starts nothing more; returns whether what runs has ended within the time. */
  synchronized boolean endWithin(Duration patience) {
    closed = true;
    waiting.clear();
    long end = System.nanoTime() + patience.toNanos();
    try {
      for (long left = patience.toNanos(); count > 0 && left > 0; left = end - System.nanoTime()) {
        TimeUnit.NANOSECONDS.timedWait(this, Math.max(left, MILLISECOND));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return count == 0;
  }
}
