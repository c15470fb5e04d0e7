package dev.lazuli.snapshotter.snapshots;

import dev.lazuli.bridge.kernel.Errno;
import dev.lazuli.bridge.kernel.ErrnoException;
import dev.lazuli.bridge.kernel.RawPaths;
import dev.lazuli.snapshotter.layers.DirectoryAttributes;
import java.nio.file.Path;
import java.util.SortedMap;

/** Makes directories with given attributes. */
final class InheritedTree {
  private InheritedTree() {}

  /**
   * Makes a tree of directories.
   *
   * @param root does not exist yet
   * @param directories by path below the root, which is the empty one; parents come first
   */
  static void make(Path root, SortedMap<String, DirectoryAttributes> directories)
      throws ErrnoException {
    var top = RawPaths.of(root);
    for (var path : directories.keySet()) {
      RawPaths.makeDirectory(place(top, path));
    }
    // All are there by now: nothing changes a time again, and nothing inherits a default ACL.
    for (var directory : directories.entrySet()) {
      set(place(top, directory.getKey()), directory.getValue());
    }
  }

  private static String place(String top, String path) {
    return path.isEmpty() ? top : top + "/" + path;
  }

  private static void set(String path, DirectoryAttributes attributes) throws ErrnoException {
    RawPaths.setOwner(path, attributes.uid(), attributes.gid());
    for (var xattr : attributes.xattrs().entrySet()) {
      setXattr(path, xattr.getKey(), xattr.getValue());
    }
    RawPaths.setPermissions(path, attributes.permissions());
    RawPaths.setModified(path, attributes.mtimeSeconds(), attributes.mtimeNanos());
  }

  /** What this file system cannot have is left out, as containerd does when it unpacks. */
  private static void setXattr(String path, String name, byte[] value) throws ErrnoException {
    try {
      RawPaths.setXattr(path, name, value);
    } catch (ErrnoException e) {
      if (e.errno() != Errno.EOPNOTSUPP) {
        throw e;
      }
    }
  }
}
