package dev.lazuli.snapshotter.snapshots;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * One condition of a {@link Filter}.
 *
 * @param field the names that lead to the field, at least one
 * @param value what the field is compared with; unused for {@link Operator#PRESENT}
 * @param pattern what the field is searched for; used for {@link Operator#MATCHES} only
 */
record FilterSelector(List<String> field, Operator operator, String value, Pattern pattern)
    implements Predicate<Snapshot> {
  /** How a field is compared. */
  enum Operator {
    PRESENT,
    EQUAL,
    NOT_EQUAL,
    MATCHES
  }

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
