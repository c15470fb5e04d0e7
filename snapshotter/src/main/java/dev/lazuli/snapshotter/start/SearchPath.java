package dev.lazuli.snapshotter.start;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Lists of directories as {@code PATH} and {@code DT_RUNPATH} have them, separated by colons. */
final class SearchPath {
  private SearchPath() {}

  /** Returns the entries, cut out one after the other as they are asked for. */
  static Stream<String> entries(String path) {
    return Stream.iterate(0, from -> from >= 0 && from <= path.length(), from -> next(path, from))
        .map(from -> path.substring(from, Math.max(from, next(path, from) - 1)));
  }

  /** Returns where the entry after the one at {@code from} begins. */
  private static int next(String path, int from) {
    int colon = path.indexOf(':', from);
    return (colon < 0 ? path.length() : colon) + 1;
  }

  /**
   * Returns the absolute directories of some lists, {@code $ORIGIN} replaced, as far as the limits
   * go.
   */
  static List<String> directories(List<String> lists, String origin, StartLimits limits) {
    var directories = new ArrayList<String>();
    int bytes = 0;
    for (String entry : (Iterable<String>) lists.stream().flatMap(SearchPath::entries)::iterator) {
      if (directories.size() == limits.directories()) {
        break;
      }
      int length = entry.length() + origins(entry) * origin.length();
      bytes += length;
      if (length > limits.pathBytes() || bytes > limits.searchedBytes()) {
        break;
      }
      String directory = entry.replace("${ORIGIN}", origin).replace("$ORIGIN", origin);
      if (directory.startsWith("/")) {
        directories.add(directory);
      }
    }
    return directories;
  }

  /** Returns how often an entry names the directory of its file, or more. */
  private static int origins(String entry) {
    return (int) entry.chars().filter(character -> character == '$').count();
  }
}
