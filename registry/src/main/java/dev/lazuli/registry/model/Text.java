package dev.lazuli.registry.model;

/** Foreign text in our messages: short, on one line, printable. */
public final class Text {
  private static final int LIMIT = 200;

  private Text() {}

  /** Returns {@code text} in quotation marks, cut to a reasonable length. */
  public static String quote(String text) {
    return '"' + clean(text) + '"';
  }

  /** Returns {@code text} with everything that is not printable ASCII replaced, cut to a limit. */
  public static String clean(String text) {
    var out = new StringBuilder(Math.min(text.length(), LIMIT) + 3);
    for (int i = 0; i < text.length() && i < LIMIT; i++) {
      char c = text.charAt(i);
      out.append(c >= ' ' && c < 0x7f ? c : '?');
    }
    return text.length() > LIMIT ? out.append("...").toString() : out.toString();
  }
}
