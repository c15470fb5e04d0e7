package dev.lazuli.snapshotter.cli.output;

/**
 * Foreign text for a terminal. Names in images, and what registries say, may hold anything: escape
 * sequences that act on the terminal, line feeds that forge lines, and marks that reverse the
 * writing direction.
 */
public final class Printable {
  private Printable() {}

  /** Returns the text with each character that is not seen as itself written as {@code \\uXXXX}. */
  public static String of(String text) {
    if (text.chars().noneMatch(Printable::acts)) {
      return text;
    }
    var out = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (acts(c)) {
        out.append("\\u%04x".formatted((int) c));
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  /** Controls of ASCII and Latin-1, separators of lines, and everything of Unicode's formats. */
  private static boolean acts(int c) {
    return switch (Character.getType((char) c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> false;
    };
  }
}
