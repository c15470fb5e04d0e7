package dev.lazuli.estargz.tar;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Map;
import java.util.Set;

/** PAX extended header records: {@code "<length> <key>=<value>\n"}, text as ISO 8859-1 bytes. */
final class PaxRecords {
  /** What cannot hold a NUL. */
  private static final Set<String> TEXTS = Set.of("path", "linkpath", "uname", "gname");

  /**
   * Adds the records to {@code into}.
   *
   * @throws IllegalArgumentException if they are malformed
   */
  static void parse(byte[] content, Map<String, String> into) {
    var text = new String(content, ISO_8859_1);
    for (int at = 0; at < text.length() && text.charAt(at) != '\0'; ) {
      var space = text.indexOf(' ', at);
      var length = space < 0 || space - at > 9 ? 0 : Integer.parseInt(text, at, space, 10);
      var end = at + length;
      if (length <= space - at + 1 || end > text.length() || text.charAt(end - 1) != '\n') {
        throw new IllegalArgumentException("PAX record at " + at);
      }
      var equals = text.indexOf('=', space);
      if (equals < 0 || equals >= end) {
        throw new IllegalArgumentException("PAX record at " + at + " without =");
      }
      put(text.substring(space + 1, equals), text.substring(equals + 1, end - 1), into);
      at = end;
    }
  }

  private static void put(String key, String value, Map<String, String> into) {
    if (key.isEmpty() || key.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("PAX key \"" + key + "\"");
    }
    if (TEXTS.contains(key) && value.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("PAX record " + key + " with a NUL");
    }
    into.put(key, value);
  }

  private PaxRecords() {}
}
