package dev.lazuli.snapshotter.snapshots;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Which snapshots a List asks for, in containerd's filter language: {@code field operator value}
 * joined by commas, all of which must hold; of several filters one is enough. See {@link
 * FilterParser} for the grammar.
 */
final class Filter implements Predicate<Snapshot> {
  private final List<List<FilterSelector>> alternatives;

  private Filter(List<List<FilterSelector>> alternatives) {
    this.alternatives = alternatives;
  }

  /** Reads filters as a client sent them; none means everything. */
  static Filter parse(List<String> filters) throws SnapshotException {
    var alternatives = new ArrayList<List<FilterSelector>>();
    for (var filter : filters) {
      alternatives.add(filter.isEmpty() ? List.of() : new FilterParser(filter).parse());
    }
    return new Filter(alternatives);
  }

  @Override
  public boolean test(Snapshot snapshot) {
    return alternatives.isEmpty()
        || alternatives.stream()
            .anyMatch(all -> all.stream().allMatch(selector -> selector.test(snapshot)));
  }
}
