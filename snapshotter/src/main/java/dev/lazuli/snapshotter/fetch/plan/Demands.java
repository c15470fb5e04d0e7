package dev.lazuli.snapshotter.fetch.plan;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/** A layer's waiting readers, found by the chunks they wait for. Guarded by the scheduler. */
final class Demands {
  private final TreeMap<Integer, Set<Demand>> byFrom = new TreeMap<>();
  private int count;

  /** Most chunks that any of them waits for, or has waited for since there was none. */
  private int longest;

  void add(Demand demand) {
    byFrom.computeIfAbsent(demand.from(), _ -> new LinkedHashSet<>(2)).add(demand);
    longest = Math.max(longest, demand.to() - demand.from());
    count++;
  }

  /** Removes the demand; returns whether it was there. */
  boolean remove(Demand demand) {
    Set<Demand> same = byFrom.get(demand.from());
    if (same == null || !same.remove(demand)) {
      return false;
    }
    if (same.isEmpty()) {
      byFrom.remove(demand.from());
    }
    count--;
    longest = count == 0 ? 0 : longest;
    return true;
  }

  boolean contains(Demand demand) {
    Set<Demand> same = byFrom.get(demand.from());
    return same != null && same.contains(demand);
  }

  int count() {
    return count;
  }

  /** Returns those that want a chunk from {@code from} up to {@code to}, by their first chunks. */
  List<Demand> wanting(int from, int to) {
    var wanting = new ArrayList<Demand>();
    int first = Math.max(0, from - longest + 1);
    if (count > 0 && first < to) {
      for (Set<Demand> same : byFrom.subMap(first, to).values()) {
        for (Demand demand : same) {
          if (demand.wants(from, to)) {
            wanting.add(demand);
          }
        }
      }
    }
    return wanting;
  }

  /** Returns all of them. */
  List<Demand> all() {
    return byFrom.values().stream().flatMap(Set::stream).toList();
  }

  /**
   * Returns the end of the last chunk that any of them wants of those given; {@code from} if none.
   */
  int wantedUntil(int from, int to) {
    int until = from;
    for (Demand demand : wanting(from, to)) {
      until = Math.max(until, Math.min(to, demand.to()));
    }
    return until;
  }

  /**
   * Returns the first missing chunk from {@code from} up to {@code to} that a reader waits for who
   * may be served now; -1 if there is none.
   */
  int nextWaitedFor(LayerChunks chunks, int from, int to, long now) {
    int found = -1;
    int first = Math.max(0, from - longest + 1);
    if (count == 0 || first >= to) {
      return -1;
    }
    for (var same : byFrom.subMap(first, to).entrySet()) {
      if (found >= 0 && same.getKey() >= found) {
        break;
      }
      for (Demand demand : same.getValue()) {
        int start = Math.max(from, demand.from());
        int end = Math.min(found < 0 ? to : found, demand.to());
        if (start < end && demand.isDue(now)) {
          int missing = chunks.nextMissing(start, end);
          found = missing < 0 ? found : missing;
        }
      }
    }
    return found;
  }
}
