package dev.lazuli.estargz.toc;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.lazuli.estargz.LayerFormatException;
import dev.lazuli.estargz.Limits;

/**
 * Finds, or makes, the directory of each entry of a TOC. It is mostly that of the entry before,
 * whose name had the same bytes before its last component. For one thread.
 */
final class DirectoryFinder {
  private static final int NONE = -1;

  private final String layer;
  private final NameTable tree;
  private final InodeWriter writer;
  private final SymlinkWalk symlinks;
  private final CleanPath resolved;

  /** The bytes before the last component of the name that was looked for last. */
  private final Utf8Buffer lastPrefix = new Utf8Buffer();

  private int lastDirectory = NameTable.ROOT;

  DirectoryFinder(
      String layer, Limits limits, NameTable tree, InodeWriter writer, SymlinkWalk symlinks) {
    this.layer = layer;
    this.tree = tree;
    this.writer = writer;
    this.symlinks = symlinks;
    resolved = new CleanPath(layer, limits);
  }

  /**
   * Returns the directory of an entry's last component.
   *
   * @param path the entry's name
   * @param last the number of its last component
   */
  int find(TocEntry entry, CleanPath path, int last) throws LayerFormatException {
    var prefix = path.start(last);
    if (!lastPrefix.is(path.bytes(), prefix)) {
      forget();
      lastDirectory = findAnew(entry, path, last);
      lastPrefix.append(path.bytes(), 0, prefix);
    }
    return lastDirectory;
  }

  /** To be called when a name means something else than before: it may be on the way. */
  void forget() {
    lastPrefix.clear();
    lastDirectory = NameTable.ROOT;
  }

  private int findAnew(TocEntry entry, CleanPath path, int last) throws LayerFormatException {
    var directory = directory(entry, path, last);
    if (directory != NONE) {
      return directory;
    }
    var name = SymlinkWalk.clean(entry.name.latin1());
    var target = symlinks.resolve(name.substring(0, name.lastIndexOf('/') + 1));
    var bytes = target.getBytes(ISO_8859_1);
    resolved.set(bytes, bytes.length);
    directory = directory(entry, resolved, resolved.depth());
    if (directory == NONE) {
      throw new IllegalStateException("unresolved symbolic links in " + resolved);
    }
    return directory;
  }

  /**
   * Does that for a path without symbolic links; one with a link, whose directories exist, NONE.
   */
  private int directory(TocEntry entry, CleanPath of, int depth) throws LayerFormatException {
    var directory = NameTable.ROOT;
    for (int i = 0; i < depth; i++) {
      var start = of.start(i);
      var length = of.length(i);
      var next = tree.find(directory, of.bytes(), start, length);
      if (next < 0) {
        var made = writer.impliedDirectory(tree.inode(directory));
        next = tree.add(directory, of.bytes(), start, length, made);
      } else {
        var inode = tree.inode(next);
        var kind = writer.kind(inode);
        if (kind == EntryKind.SYMLINK) {
          return NONE;
        }
        if (kind != EntryKind.DIRECTORY) {
          replaceWhiteout(entry, directory, next, inode);
        }
      }
      directory = next;
    }
    return directory;
  }

  private void replaceWhiteout(TocEntry entry, int directory, int name, int inode)
      throws LayerFormatException {
    if (!writer.isWhiteout(inode)) {
      throw new LayerFormatException(
          layer,
          "TOC entry " + entry.name + " parent directory",
          String.valueOf(writer.kind(inode)),
          "dir");
    }
    tree.setInode(name, writer.impliedDirectory(tree.inode(directory)));
  }
}
