package dev.lazuli.snapshotter.snapshots;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Which snapshots a List asks for, in containerd's filter language: {@code field operator value}
 * joined by commas, all of which must hold; of several filters one is enough. See {@link
 * FilterParser} for the grammar.
 */
final class Filter implements Predicate<Snapshot> {
  /** How a field is compared. */
  enum Operator {
    PRESENT,
    EQUAL,
    NOT_EQUAL,
    MATCHES
  }

  /** One condition; the value is unused for {@link Operator#PRESENT}. */
  record Selector(List<String> field, Operator operator, String value, Pattern pattern)
      implements Predicate<Snapshot> {
    @Override
    public boolean test(Snapshot snapshot) {
      var actual = field(snapshot);
      return switch (operator) {
        case PRESENT -> actual.isPresent();
        case EQUAL -> actual.isPresent() && actual.get().equals(value);
        case NOT_EQUAL -> !actual.orElse("").equals(value);
        case MATCHES -> pattern.matcher(actual.orElse("")).find();
      };
    }

    private Optional<String> field(Snapshot snapshot) {
      return switch (field.getFirst()) {
        case "kind" -> Optional.of(snapshot.kind().word());
        case "name" -> Optional.of(snapshot.name());
        case "parent" -> Optional.of(snapshot.parent());
        case "labels" ->
            Optional.ofNullable(
                snapshot.shownLabels().get(String.join(".", field.subList(1, field.size()))));
        default -> Optional.empty();
      };
    }
  }

  private final List<List<Selector>> alternatives;

  private Filter(List<List<Selector>> alternatives) {
    this.alternatives = alternatives;
  }

  /** Reads filters as a client sent them; none means everything. */
  static Filter parse(List<String> filters) throws SnapshotException {
    var alternatives = new ArrayList<List<Selector>>();
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
