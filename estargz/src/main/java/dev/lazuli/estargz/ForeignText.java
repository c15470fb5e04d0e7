package dev.lazuli.estargz;

/** Text that a layer's maker chose, on its way into messages, logs and terminals. */
public final class ForeignText {
  /** The most characters that are kept. */
  private static final int MOST = 120;

  /** Returns the text without control characters, cut short if it is long. */
  public static String shown(String text) {
    var out = new StringBuilder();
    text.codePoints()
        .limit(MOST)
        .forEach(c -> out.appendCodePoint(Character.isISOControl(c) ? '\ufffd' : c));
    return text.codePointCount(0, text.length()) > MOST
        ? out.append('…').toString()
        : out.toString();
  }

  private ForeignText() {}
}
