package dev.lazuli.snapshotter.layers;

import java.util.Arrays;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What {@code stat} and {@code getfattr} show of a directory, without what overlayfs keeps for
 * itself.
 *
 * @param permissions the low twelve mode bits
 * @param uid owner, an unsigned 32-bit number
 * @param gid group, an unsigned 32-bit number
 * @param mtimeSeconds whole seconds since 1970, rounded down
 * @param mtimeNanos nanoseconds above these
 * @param xattrs values by full names, one character for each byte of a name
 */
public record DirectoryAttributes(
    int permissions,
    int uid,
    int gid,
    long mtimeSeconds,
    int mtimeNanos,
    SortedMap<String, byte[]> xattrs) {
  private static final int PERMISSIONS = 07777;

  /** Takes a mode with or without its type, and drops what is overlayfs's own. */
  public DirectoryAttributes {
    permissions &= PERMISSIONS;
    var shown = new TreeMap<>(xattrs);
    shown.keySet().removeIf(DirectoryAttributes::isOfOverlayfs);
    xattrs = Collections.unmodifiableSortedMap(shown);
  }

  private static boolean isOfOverlayfs(String xattr) {
    return xattr.startsWith("trusted.overlay.") || xattr.startsWith("user.overlay.");
  }

  /** Returns the same but for the group. */
  public DirectoryAttributes withGroup(int group) {
    return new DirectoryAttributes(permissions, uid, group, mtimeSeconds, mtimeNanos, xattrs);
  }

  /**
   * Returns the same with the extended attributes of a directory below, where there is none of
   * their names. Those of the host ({@code trusted.}) are not handed on.
   */
  public DirectoryAttributes withXattrsBelow(DirectoryAttributes below) {
    var all = new TreeMap<>(below.xattrs);
    all.keySet().removeIf(name -> name.startsWith("trusted."));
    all.putAll(xattrs);
    return new DirectoryAttributes(permissions, uid, gid, mtimeSeconds, mtimeNanos, all);
  }

  /** Returns whether everything but the time is the same. */
  public boolean isLike(DirectoryAttributes other) {
    return permissions == other.permissions
        && uid == other.uid
        && gid == other.gid
        && xattrs.keySet().equals(other.xattrs.keySet())
        && xattrs.entrySet().stream()
            .allMatch(xattr -> Arrays.equals(xattr.getValue(), other.xattrs.get(xattr.getKey())));
  }
}
