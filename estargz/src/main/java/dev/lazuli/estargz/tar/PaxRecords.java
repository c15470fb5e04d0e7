package dev.lazuli.estargz.tar;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** PAX extended header records: {@code "<length> <key>=<value>\n"}, text as ISO 8859-1 bytes. */
final class PaxRecords {
  /** What the keys of extended attributes start with. */
  static final String XATTR_PREFIX = "SCHILY.xattr.";

  /** What the keys of sparse files start with; also stands for all such records. */
  static final String SPARSE_PREFIX = "GNU.sparse.";

  /** More than Linux can list of one file: the shortest names fill 64 KiB before that. */
  static final int MOST_KEPT = 16 << 10;

  /** What cannot hold a NUL. */
  private static final Set<String> TEXTS = Set.of("path", "linkpath", "uname", "gname");

  /** The keys that count besides those with a prefix. */
  private static final List<String> KEYS =
      List.of("path", "linkpath", "size", "uid", "gid", "uname", "gname", "mtime");

  /**
   * Returns the records that say something of an entry. The others are only checked: there may be a
   * great many, and each would take far more memory than it has bytes.
   *
   * @throws IllegalArgumentException if they are malformed, or more than {@link #MOST_KEPT}
   */
  static Map<String, String> parse(byte[] content) {
    var records = new HashMap<String, String>();
    for (int at = 0; at < content.length && content[at] != 0; ) {
      var space = indexOf(content, ' ', at, content.length);
      var length = space < 0 || space - at > 9 ? 0 : Integer.parseInt(text(content, at, space));
      var end = at + length;
      if (space < 0
          || length <= space - at + 1
          || end > content.length
          || content[end - 1] != '\n') {
        throw new IllegalArgumentException("PAX record at " + at);
      }
      var equals = indexOf(content, '=', space + 1, end);
      if (equals < 0) {
        throw new IllegalArgumentException("PAX record at " + at + " without =");
      }
      put(content, space + 1, equals, end - 1, records);
      at = end;
    }
    return records;
  }

  private static void put(byte[] content, int from, int equals, int end, Map<String, String> into) {
    if (from == equals || indexOf(content, '\0', from, equals) >= 0) {
      throw new IllegalArgumentException("PAX key at " + from);
    }
    var key = key(content, from, equals);
    if (TEXTS.contains(key) && indexOf(content, '\0', equals + 1, end) >= 0) {
      throw new IllegalArgumentException("PAX record " + key + " with a NUL");
    }
    if (!key.isEmpty()) {
      into.put(key, key.equals(SPARSE_PREFIX) ? "" : text(content, equals + 1, end));
    }
    if (into.size() > MOST_KEPT) {
      throw new IllegalArgumentException("PAX header of more than " + MOST_KEPT + " attributes");
    }
  }

  /** Returns what a record is kept by; empty if it is not kept. */
  private static String key(byte[] content, int from, int to) {
    if (startsWith(content, from, to, XATTR_PREFIX)) {
      return text(content, from, to);
    }
    if (startsWith(content, from, to, SPARSE_PREFIX)) {
      return SPARSE_PREFIX;
    }
    for (var key : KEYS) {
      if (key.length() == to - from && startsWith(content, from, to, key)) {
        return key;
      }
    }
    return "";
  }

  private static boolean startsWith(byte[] content, int from, int to, String prefix) {
    for (int i = 0; i < prefix.length(); i++) {
      if (from + i >= to || content[from + i] != prefix.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static int indexOf(byte[] content, char wanted, int from, int to) {
    for (int at = from; at < to; at++) {
      if (content[at] == wanted) {
        return at;
      }
    }
    return -1;
  }

  private static String text(byte[] content, int from, int to) {
    return new String(content, from, to - from, ISO_8859_1);
  }

  private PaxRecords() {}
}
