package dev.lazuli.snapshotter.bulk;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs a few pulls at a time, each on a thread of its own: decompressing keeps a processor busy,
 * which no virtual thread may. What a client waits for comes first; otherwise the registry that has
 * the fewest under way, so that one that is slow or has much to send holds up no other for long.
 * Thread-safe.
 */
final class PullQueue implements AutoCloseable {
  private final int most;
  private final Runnable atRest;
  private final List<Entry> waiting = new ArrayList<>();
  private final Map<String, Integer> running = new HashMap<>();

  @GuardedBy("this")
  private int count;

  @GuardedBy("this")
  private boolean closed;

  private static final class Entry {
    final PullFlight flight;
    final String registry;
    final Runnable work;
    boolean isAwaited;

    Entry(PullFlight flight, boolean isAwaited, Runnable work) {
      this.flight = flight;
      this.registry = registryOf(flight.reference());
      this.isAwaited = isAwaited;
      this.work = work;
    }
  }

  /**
   * Makes an empty queue.
   *
   * @param most how many pulls run at the same time
   * @param atRest called when none runs any more
   */
  PullQueue(int most, Runnable atRest) {
    this.most = most;
    this.atRest = atRest;
  }

  private static String registryOf(String reference) {
    int slash = reference.indexOf('/');
    return slash < 0 ? "" : reference.substring(0, slash);
  }

  /** Runs the work of a flight when it is its turn. */
  synchronized void add(PullFlight flight, boolean isAwaited, Runnable work) {
    waiting.add(new Entry(flight, isAwaited, work));
    startSome();
  }

  /** Puts a flight before all that nobody waits for. */
  synchronized void hurry(PullFlight flight) {
    for (var entry : waiting) {
      if (entry.flight == flight) {
        entry.isAwaited = true;
      }
    }
  }

  @GuardedBy("this")
  private void startSome() {
    while (!closed && count < most && !waiting.isEmpty()) {
      var entry = takeNext();
      count++;
      running.merge(entry.registry, 1, Integer::sum);
      Thread.ofPlatform().daemon().name("bulk-pull").start(() -> run(entry));
    }
  }

  @GuardedBy("this")
  private Entry takeNext() {
    var best = waiting.getFirst();
    for (var entry : waiting) {
      if (isBefore(entry, best)) {
        best = entry;
      }
    }
    waiting.remove(best);
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

  private synchronized void done(Entry entry) {
    count--;
    running.computeIfPresent(entry.registry, (_, left) -> left == 1 ? null : left - 1);
    startSome();
    if (count == 0) {
      atRest.run();
    }
    notifyAll();
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
