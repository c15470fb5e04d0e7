package dev.lazuli.registry.credentials;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.StringNode;

/** What stands in one line of YAML: scalars with and without quotes, sequences of them. */
final class YamlScalar {
  /** What begins an anchor, an alias, a tag, a text block, a directive or something reserved. */
  private static final String NOT_PLAIN = "&*!|>%@`{}[],?";

  private YamlScalar() {}

  /** Returns a line up to its comment. */
  static String withoutComment(String line) {
    char quote = 0;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (quote != 0) {
        i += c == '\\' && quote == '"' ? 1 : 0;
        quote = c == quote ? 0 : quote;
      } else if ((c == '"' || c == '\'') && mayBeginQuote(line, i)) {
        quote = c;
      } else if (c == '#' && (i == 0 || Character.isWhitespace(line.charAt(i - 1)))) {
        return line.substring(0, i);
      }
    }
    return line;
  }

  /** Within plain text a quote is only a character. */
  private static boolean mayBeginQuote(String text, int at) {
    return at == 0 || " \t[,".indexOf(text.charAt(at - 1)) >= 0;
  }

  /** Returns where the colon of a key is, or -1 if the text does not begin with a key. */
  static int endOfKey(String text) {
    int from = 0;
    if (text.startsWith("\"") || text.startsWith("'")) {
      from = text.indexOf(text.charAt(0), 1) + 1;
      return from > 0 && from < text.length() && text.charAt(from) == ':' ? from : -1;
    }
    if (text.startsWith("[")) {
      return -1;
    }
    for (int i = text.indexOf(':'); i >= 0; i = text.indexOf(':', i + 1)) {
      if (i + 1 == text.length() || text.charAt(i + 1) == ' ') {
        return i;
      }
    }
    return -1;
  }

  /**
   * Reads a scalar or a sequence in brackets.
   *
   * @throws IllegalArgumentException if it is neither
   */
  static JsonNode parse(String text) {
    if (text.equals("{}")) {
      return JsonNodeFactory.instance.objectNode();
    }
    return text.startsWith("[") ? sequence(text) : StringNode.valueOf(text(text));
  }

  private static ArrayNode sequence(String text) {
    if (!text.endsWith("]")) {
      throw new IllegalArgumentException("a sequence of several lines");
    }
    var items = JsonNodeFactory.instance.arrayNode();
    String inner = text.substring(1, text.length() - 1);
    int start = 0;
    char quote = 0;
    for (int i = 0; i <= inner.length(); i++) {
      char c = i < inner.length() ? inner.charAt(i) : ',';
      if (quote != 0 && i < inner.length()) {
        i += c == '\\' && quote == '"' ? 1 : 0;
        quote = c == quote ? 0 : quote;
      } else if ((c == '"' || c == '\'') && mayBeginQuote(inner, i)) {
        quote = c;
      } else if (c == ',') {
        String item = inner.substring(start, Math.min(i, inner.length())).strip();
        if (!item.isEmpty()) {
          items.add(text(item));
        }
        start = i + 1;
      }
    }
    return items;
  }

  /**
   * Reads a scalar.
   *
   * @throws IllegalArgumentException if it is none, or of a kind that is not understood
   */
  static String text(String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("nothing before the colon");
    }
    char first = text.charAt(0);
    if (first == '"' || first == '\'') {
      if (text.length() < 2 || text.charAt(text.length() - 1) != first) {
        throw new IllegalArgumentException("a quote that does not end");
      }
      String inner = text.substring(1, text.length() - 1);
      return first == '"' ? unescaped(inner) : inner.replace("''", "'");
    }
    if (NOT_PLAIN.indexOf(first) >= 0) {
      throw new IllegalArgumentException("not understood");
    }
    return text;
  }

  private static String unescaped(String text) {
    var plain = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"') {
        throw new IllegalArgumentException("text after a quote");
      }
      if (c == '\\' && ++i < text.length()) {
        c =
            switch (text.charAt(i)) {
              case 'n' -> '\n';
              case 't' -> '\t';
              case '"', '\\', '/' -> text.charAt(i);
              default -> throw new IllegalArgumentException("an escape that is not understood");
            };
      }
      plain.append(c);
    }
    return plain.toString();
  }
}
