package dev.lazuli.estargz.tar;

import java.util.ArrayDeque;
import java.util.Map;

/**
 * One entry of a tar.
 *
 * @param header its header blocks as they lay in the tar, extension headers included; empty where
 *     the reader keeps none
 * @param name path as the tar says it
 * @param type what it is
 * @param size bytes of content that follow, 0 unless it is a regular file
 * @param mode permission bits
 * @param uid owner
 * @param gid group
 * @param userName owner's name, may be empty
 * @param groupName group's name, may be empty
 * @param mtimeSeconds modification time, seconds since 1970
 * @param mtimeNanos its nanoseconds
 * @param linkName target of a link, otherwise empty
 * @param deviceMajor of a device
 * @param deviceMinor of a device
 * @param xattrs extended attributes by full name; values are bytes in ISO 8859-1
 */
public record TarEntry(
    RawBlocks header,
    String name,
    EntryType type,
    long size,
    int mode,
    long uid,
    long gid,
    String userName,
    String groupName,
    long mtimeSeconds,
    int mtimeNanos,
    String linkName,
    long deviceMajor,
    long deviceMinor,
    Map<String, String> xattrs) {

  /** Returns the path relative to the root, cleaned as Go's {@code path.Clean("/" + name)}. */
  public String path() {
    return cleaned(name);
  }

  /** Returns the path of the file that a hard link names; empty for anything else. */
  public String linkTarget() {
    return type == EntryType.HARDLINK ? linkName : "";
  }

  /** Cleans any path the same way. */
  public static String cleaned(String path) {
    var clean = new ArrayDeque<String>();
    for (var part : path.split("/", -1)) {
      if (part.equals("..")) {
        clean.pollLast();
      } else if (!part.isEmpty() && !part.equals(".")) {
        clean.addLast(part);
      }
    }
    return String.join("/", clean);
  }
}
