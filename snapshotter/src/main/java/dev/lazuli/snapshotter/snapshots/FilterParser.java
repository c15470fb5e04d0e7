package dev.lazuli.snapshotter.snapshots;

import dev.lazuli.snapshotter.snapshots.FilterSelector.Operator;
import dev.lazuli.snapshotter.snapshots.SnapshotException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Reads one filter.
 *
 * <pre>
 * filter   := selector ("," selector)*
 * selector := path [operator value]
 * path     := field ("." field)*
 * field    := quoted | [A-Za-z0-9_]+
 * operator := "==" | "!=" | "~="
 * value    := quoted | characters other than "," and white space
 * quoted   := Go's "..." string; after "~=" also /.../ and |...|
 * </pre>
 */
final class FilterParser {
  private static final String ESCAPES = "abfnrtv\\";
  private static final String ESCAPED = "\u0007\b\f\n\r\t\u000b\\";
  private static final Pattern ANYTHING = Pattern.compile("");

  private final String input;
  private int position;

  FilterParser(String input) {
    this.input = input;
  }

  List<FilterSelector> parse() throws SnapshotException {
    var selectors = new ArrayList<FilterSelector>();
    selectors.add(selector());
    while (!atEnd()) {
      expect(',');
      selectors.add(selector());
    }
    return selectors;
  }

  private FilterSelector selector() throws SnapshotException {
    var path = path();
    skipSpace();
    if (position == input.length() || input.charAt(position) == ',') {
      return new FilterSelector(path, Operator.PRESENT, "", ANYTHING);
    }
    var operator = operator();
    var value = value(operator == Operator.MATCHES);
    return new FilterSelector(
        path, operator, value, operator == Operator.MATCHES ? pattern(value) : ANYTHING);
  }

  private List<String> path() throws SnapshotException {
    var path = new ArrayList<>(List.of(field()));
    while (position < input.length() && input.charAt(position) == '.') {
      position++;
      path.add(field());
    }
    return path;
  }

  private String field() throws SnapshotException {
    skipSpace();
    if (position < input.length() && input.charAt(position) == '"') {
      return quoted();
    }
    int start = position;
    while (position < input.length() && isFieldCharacter(input.charAt(position))) {
      position++;
    }
    if (position == start) {
      throw error("a field is missing");
    }
    return input.substring(start, position);
  }

  private Operator operator() throws SnapshotException {
    var sign = input.substring(position, Math.min(position + 2, input.length()));
    position += sign.length();
    return switch (sign) {
      case "==" -> Operator.EQUAL;
      case "!=" -> Operator.NOT_EQUAL;
      case "~=" -> Operator.MATCHES;
      default -> throw error("\"" + sign + "\" is not an operator");
    };
  }

  private String value(boolean anyQuote) throws SnapshotException {
    skipSpace();
    if (position < input.length()) {
      char first = input.charAt(position);
      if (first == '"' || (anyQuote && (first == '/' || first == '|'))) {
        return quoted();
      }
    }
    int start = position;
    while (position < input.length()
        && input.charAt(position) != ','
        && !Character.isWhitespace(input.charAt(position))) {
      position++;
    }
    if (position == start) {
      throw error("a value is missing");
    }
    return input.substring(start, position);
  }

  private String quoted() throws SnapshotException {
    char quote = input.charAt(position++);
    var text = new StringBuilder();
    while (true) {
      char c = next();
      if (c == quote) {
        return text.toString();
      }
      if (c == '\\') {
        escape(quote, text);
      } else {
        text.append(c);
      }
    }
  }

  private void escape(char quote, StringBuilder text) throws SnapshotException {
    char c = next();
    int simple = ESCAPES.indexOf(c);
    if (c == quote) {
      text.append(quote);
    } else if (simple >= 0) {
      text.append(ESCAPED.charAt(simple));
    } else {
      switch (c) {
        case 'x' -> text.appendCodePoint(number(2, 16));
        case 'u' -> text.appendCodePoint(number(4, 16));
        case 'U' -> text.appendCodePoint(number(8, 16));
        default -> {
          position--;
          text.appendCodePoint(number(3, 8));
        }
      }
    }
  }

  private int number(int digits, int radix) throws SnapshotException {
    int value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = Character.digit(next(), radix);
      if (digit < 0) {
        throw error("bad escape");
      }
      value = value * radix + digit;
    }
    if (!Character.isValidCodePoint(value)) {
      throw error("bad escape");
    }
    return value;
  }

  private Pattern pattern(String regex) throws SnapshotException {
    try {
      return Pattern.compile(regex);
    } catch (PatternSyntaxException e) {
      throw error("bad regular expression: " + e.getDescription());
    }
  }

  private char next() throws SnapshotException {
    if (position == input.length()) {
      throw error("a quote is not closed");
    }
    return input.charAt(position++);
  }

  private boolean atEnd() {
    skipSpace();
    return position == input.length();
  }

  private void expect(char c) throws SnapshotException {
    if (input.charAt(position) != c) {
      throw error("expected '" + c + "'");
    }
    position++;
  }

  private void skipSpace() {
    while (position < input.length() && Character.isWhitespace(input.charAt(position))) {
      position++;
    }
  }

  private static boolean isFieldCharacter(char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  }

  private SnapshotException error(String problem) {
    return new SnapshotException(
        Reason.INVALID_ARGUMENT,
        "filter \"" + input + "\", character " + position + ": " + problem);
  }
}
