package dev.lazuli.demo.images;

import java.time.Instant;
import java.util.Map;

/**
 * One entry of a layer.
 *
 * <p>Names are strings whose UTF-8 bytes go into the layer. A lone surrogate U+DC80 to U+DCFF
 * stands for the raw byte 0x80 to 0xFF, as Python's {@code surrogateescape} has it, so that names
 * that are not UTF-8 can be declared; see {@link RawNames}.
 *
 * @param path relative to the image's root, without leading or trailing slash; "" is the root
 * @param node what lies there
 * @param permissions the low twelve mode bits, with setuid, setgid and sticky
 * @param uid owner
 * @param gid group
 * @param modified modification time, to the nanosecond
 * @param xattrs extended attributes by full name, such as {@code security.capability}
 */
public record TreeEntry(
    String path,
    Node node,
    int permissions,
    int uid,
    int gid,
    Instant modified,
    Map<String, byte[]> xattrs) {

  /** Checks path and permissions. */
  public TreeEntry {
    if (path.startsWith("/") || path.endsWith("/")) {
      throw new IllegalArgumentException("path of an entry: \"" + path + "\"");
    }
    if ((permissions & ~07777) != 0) {
      throw new IllegalArgumentException("permissions of " + path + ": " + permissions);
    }
    xattrs = Map.copyOf(xattrs);
  }

  /** What an entry is. */
  public sealed interface Node {
    /** A directory. */
    record Directory() implements Node {}

    /** A regular file. */
    record RegularFile(FileContent content) implements Node {}

    /** A symbolic link. */
    record Symlink(String target) implements Node {}

    /** One more name of the file at {@code target}, a path as in {@link TreeEntry#path}. */
    record HardLink(String target) implements Node {}

    /** A character device, or a block device. */
    record Device(boolean block, int major, int minor) implements Node {}

    /** A named pipe. */
    record Fifo() implements Node {}

    /** A socket. Layers cannot hold one: only {@link ImageTree#materialize} makes it. */
    record Socket() implements Node {}

    /** Hides whatever the layers below have at this path. */
    record Whiteout() implements Node {}

    /** Hides whatever the layers below have in the directory at this path. */
    record Opaque() implements Node {}
  }
}
