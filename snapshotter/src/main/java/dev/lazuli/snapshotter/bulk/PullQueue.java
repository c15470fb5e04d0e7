package dev.lazuli.snapshotter.bulk;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.registry.model.ImageReference;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadFactory;

/**
 * Runs a few pulls at a time, each on a thread of its own: decompressing keeps a processor busy,
 * which no virtual thread may. What a client waits for comes first; otherwise the registry that has
 * the fewest under way, so that one that is slow or has much to send holds up no other for long. If
 * one holds all turns, another one gets a turn more. Thread-safe.
 */
final class PullQueue implements AutoCloseable {
  private final int most;
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

    Entry(PullFlight flight, boolean isAwaited, Work work) {
      this.flight = flight;
      this.registry = ImageReference.registryOf(flight.reference());
      this.isAwaited = isAwaited;
      this.work = work;
    }
  }

  /**
   * Makes an empty queue.
   *
   * @param most how many pulls run at the same time, but for one more of another registry
   * @param atRest called when none runs any more
   */
  PullQueue(int most, Runnable atRest) {
    this(most, atRest, Thread.ofPlatform().daemon().name("bulk-pull").factory());
  }

  /** As above, with threads of the caller's choice. */
  PullQueue(int most, Runnable atRest, ThreadFactory threads) {
    this.threads = threads;
    this.most = most;
    this.atRest = atRest;
  }

  /** Runs the work of a flight when it is its turn. */
  void add(PullFlight flight, boolean isAwaited, Work work) {
    Map<Entry, IOException> refused;
    synchronized (this) {
      waiting.add(new Entry(flight, isAwaited, work));
      refused = startSome();
    }
    refused.forEach((entry, reason) -> entry.work.refuse(reason));
  }

  /** Returns whether anybody waits for a turn. */
  synchronized boolean hasWaiting() {
    return !waiting.isEmpty();
  }

  /** Puts a flight before all that nobody waits for. */
  synchronized void hurry(PullFlight flight) {
    for (var entry : waiting) {
      if (entry.flight == flight) {
        entry.isAwaited = true;
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
        refused.put(entry, new IOException("no thread to pull it with: " + e.getMessage(), e));
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
    return running.getOrDefault(entry.registry, 0) < running.getOrDefault(earlier.registry, 0);
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
      running.computeIfPresent(entry.registry, (_, left) -> left == 1 ? null : left - 1);
      refused = startSome();
      if (count == 0) {
        atRest.run();
      }
      notifyAll();
    }
    refused.forEach((waiting, reason) -> waiting.work.refuse(reason));
  }

  /** Starts nothing more and waits for what runs. Idempotent. */
  @Override
  public synchronized void close() {
    closed = true;
    waiting.clear();
    try {
      while (count > 0) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
