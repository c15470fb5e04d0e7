package dev.lazuli.snapshotter.waterfall;

import java.util.Locale;

/** Text on its way into HTML and SVG. */
final class Markup {
  private Markup() {}

  /** Returns a text that stands for itself inside elements and quoted attributes. */
  static String escaped(String text) {
    var escaped = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> escaped.append(allowed(c) ? Character.toString(c) : "\ufffd");
              }
            });
    return escaped.toString();
  }

  /** Names come from the registry: no control characters, no change of writing direction. */
  private static boolean allowed(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.UNASSIGNED -> false;
      default -> true;
    };
  }

  /** Returns a coordinate with one decimal. */
  static String px(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }
}
