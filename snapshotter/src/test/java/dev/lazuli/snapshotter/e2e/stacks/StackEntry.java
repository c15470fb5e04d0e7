package dev.lazuli.snapshotter.e2e.stacks;

import java.time.Instant;
import java.util.Map;

/**
 * One entry of a random layer, as tar has it: whiteouts and opaque marks are files with names of
 * their own.
 *
 * @param type tar's letter
 * @param path without slashes at its ends
 * @param link what a symbolic link holds, or the path that a hard link is one more name of
 * @param attributes of the file
 * @param content of a regular file, one byte for each character
 * @param major of a device
 * @param minor of a device
 */
record StackEntry(
    char type,
    String path,
    String link,
    Attributes attributes,
    String content,
    int major,
    int minor) {
  static final char FILE = '0';
  static final char HARD_LINK = '1';
  static final char SYMLINK = '2';
  static final char CHARACTER = '3';
  static final char BLOCK = '4';
  static final char DIRECTORY = '5';
  static final char FIFO = '6';

  private static final String WHITEOUT = ".wh.";
  private static final String OPAQUE = ".wh..wh..opq";

  /** What stat and getfattr show of a file beside its kind. */
  record Attributes(int mode, int uid, int gid, Instant modified, Map<String, byte[]> xattrs) {
    Attributes {
      xattrs = Map.copyOf(xattrs);
    }

    boolean hasAcl() {
      return xattrs.containsKey("system.posix_acl_access");
    }

    Attributes withXattrs(Map<String, byte[]> newXattrs) {
      return new Attributes(mode, uid, gid, modified, newXattrs);
    }
  }

  static StackEntry of(char type, String path, String link, Attributes attributes) {
    return new StackEntry(type, path, link, attributes, "", 0, 0);
  }

  static StackEntry whiteout(String path, Attributes attributes) {
    return of(FILE, join(parent(path), WHITEOUT + name(path)), "", attributes);
  }

  static StackEntry opaque(String directory, Attributes attributes) {
    return of(FILE, join(directory, OPAQUE), "", attributes);
  }

  boolean isOpaque() {
    return name(path).equals(OPAQUE);
  }

  boolean isWhiteout() {
    return name(path).startsWith(WHITEOUT) && !isOpaque();
  }

  /**
   * Returns what the entry is about: of a whiteout what it hides, of an opaque mark where it is.
   */
  String subject() {
    if (isOpaque()) {
      return parent(path);
    }
    return isWhiteout() ? join(parent(path), name(path).substring(WHITEOUT.length())) : path;
  }

  static String parent(String path) {
    return path.substring(0, Math.max(0, path.lastIndexOf('/')));
  }

  static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  static String join(String directory, String name) {
    return directory.isEmpty() ? name : directory + "/" + name;
  }
}
