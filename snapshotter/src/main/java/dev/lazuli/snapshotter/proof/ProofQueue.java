package dev.lazuli.snapshotter.proof;

import dev.lazuli.registry.model.LeastRate;
import dev.lazuli.snapshotter.fetch.plan.FetchOptions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Whose turn it is to be proved. The registry that has the fewest passes under way comes first, so
 * that one that is slow or has much to send holds up no other for long. If others hold all turns, a
 * registry without one gets one more. While one waits all the same, more is asked of those that
 * run, the longer it waits. Used under its owner's lock.
 *
 * @param <T> what waits for a turn
 */
final class ProofQueue<T extends ProofQueue.Contender> {
  /** A wish that fails again and again waits this many times twice as long, at most. */
  static final int MOST_DOUBLINGS = 6;

  private static final long MINUTE = Duration.ofMinutes(1).toNanos();

  /** A day: with it, no product of ours is too large. */
  private static final long MOST_MINUTES = Duration.ofDays(1).toMinutes();

  /** Something that waits for a turn. */
  interface Contender {
    /** Returns the name of the registry that is to be read from. */
    String registry();

    /** Returns whether content of the layer is missing, which a pass would bring. */
    boolean fills();

    /** Returns how often a pass of it has failed. */
    int failures();
  }

  private final int most;
  private final LongSupplier nanoTime;

  /** When each began to wait, or its registry's last turn ended if that was later. */
  private final Map<T, Long> waiting = new LinkedHashMap<>();

  private final Set<T> running = new LinkedHashSet<>();

  /**
   * Makes an empty queue.
   *
   * @param most how many have a turn at the same time, but for one more of another registry
   * @param nanoTime such as {@link System#nanoTime}
   */
  ProofQueue(int most, LongSupplier nanoTime) {
    this.most = most;
    this.nanoTime = nanoTime;
  }

  void add(T contender) {
    waiting.put(contender, nanoTime.getAsLong());
  }

  /** Forgets one that waits, if it does. */
  void remove(T contender) {
    waiting.remove(contender);
  }

  /** Forgets all that wait. */
  void clear() {
    waiting.clear();
  }

  boolean isRunning(T contender) {
    return running.contains(contender);
  }

  List<T> running() {
    return List.copyOf(running);
  }

  /** Gives the next one its turn, which lasts until it is {@link #done}; empty if all are taken. */
  Optional<T> next() {
    var best = waiting.keySet().stream().reduce((one, other) -> isBefore(other, one) ? other : one);
    if (best.isEmpty()
        || running.size() > most
        || (running.size() == most && turns(best.get()) > 0)) {
      return Optional.empty();
    }
    waiting.remove(best.get());
    running.add(best.get());
    return best;
  }

  /** Returns whether one goes before another that came earlier. */
  private boolean isBefore(T one, T earlier) {
    long fewer = turns(earlier) - turns(one);
    if (fewer != 0) {
      return fewer > 0;
    }
    // One that failed, as slow ones do, has had its turn.
    boolean isUrgent = one.fills() && one.failures() == 0;
    boolean wasUrgent = earlier.fills() && earlier.failures() == 0;
    return isUrgent == wasUrgent ? since(one) - since(earlier) < 0 : isUrgent;
  }

  private long since(T contender) {
    return waiting.getOrDefault(contender, 0L);
  }

  private long turns(T contender) {
    return running.stream().filter(one -> one.registry().equals(contender.registry())).count();
  }

  /** Ends a turn. A registry that has no other now is behind those that have waited longer. */
  void done(T contender) {
    running.remove(contender);
    if (turns(contender) == 0) {
      long now = nanoTime.getAsLong();
      waiting.replaceAll(
          (one, since) -> one.registry().equals(contender.registry()) ? (Long) now : since);
    }
  }

  /**
   * Returns how many bytes a second a pass must bring to keep its turn. While a registry without a
   * turn waits, this is 16 KiB more with each minute; of a pass that was put off before, half as
   * much each time, since what it read is lost, and a slow link must get its proofs, too.
   */
  long leastRate(T contender) {
    long now = nanoTime.getAsLong();
    long longest = -1;
    for (var entry : waiting.entrySet()) {
      if (turns(entry.getKey()) == 0) {
        longest = Math.max(longest, now - entry.getValue());
      }
    }
    if (longest < 0) {
      return LeastRate.usual();
    }
    long minutes = Math.min(MOST_MINUTES, longest / MINUTE);
    return FetchOptions.CROWDED_BYTES_PER_SECOND
        * Math.max(1, minutes >> Math.min(contender.failures(), MOST_DOUBLINGS));
  }
}
