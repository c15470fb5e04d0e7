package dev.lazuli.demo.images;

import dev.lazuli.demo.images.TreeEntry.Node;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A layer's entries, declared one after the other and written in that order. Parents are not added
 * by themselves: layers without them are legal and worth testing. Attributes ({@link #mode}, {@link
 * #owner}, {@link #modified}, {@link #xattr}) change the entry declared last. Not thread-safe.
 */
public final class ImageTree implements Iterable<TreeEntry> {
  /** The modification time of entries that declare none. */
  public static final Instant EPOCH = Instant.parse("2024-01-01T00:00:00Z");

  private final List<TreeEntry> entries = new ArrayList<>();

  /** Declares a directory with mode 0755. */
  public ImageTree directory(String path) {
    return add(path, new Node.Directory(), 0755);
  }

  /** Declares a regular file with mode 0644. */
  public ImageTree file(String path, FileContent content) {
    return add(path, new Node.RegularFile(content), 0644);
  }

  /** Declares a text file with mode 0644. */
  public ImageTree file(String path, String text) {
    return file(path, FileContent.of(text));
  }

  /** Declares a symbolic link. */
  public ImageTree symlink(String path, String target) {
    return add(path, new Node.Symlink(target), 0777);
  }

  /**
   * Declares one more name of a file. It has the attributes of that file, if that was declared
   * before, as in tars of real trees: whoever unpacks a layer sets them once more, by this name.
   */
  public ImageTree hardLink(String path, String target) {
    var node = new Node.HardLink(target);
    for (var e : entries.reversed()) {
      if (e.path().equals(target)) {
        return add(
            new TreeEntry(path, node, e.permissions(), e.uid(), e.gid(), e.modified(), e.xattrs()));
      }
    }
    return add(path, node, 0644);
  }

  /** Declares a character device with mode 0600. */
  public ImageTree characterDevice(String path, int major, int minor) {
    return add(path, new Node.Device(false, major, minor), 0600);
  }

  /** Declares a block device with mode 0600. */
  public ImageTree blockDevice(String path, int major, int minor) {
    return add(path, new Node.Device(true, major, minor), 0600);
  }

  /** Declares a named pipe with mode 0600. */
  public ImageTree fifo(String path) {
    return add(path, new Node.Fifo(), 0600);
  }

  /** Declares a socket with mode 0600; see {@link Node.Socket}. */
  public ImageTree socket(String path) {
    return add(path, new Node.Socket(), 0600);
  }

  /** Declares that layers below have nothing at this path. */
  public ImageTree whiteout(String path) {
    return add(path, new Node.Whiteout(), 0600);
  }

  /** Declares that layers below have nothing in the directory at this path. */
  public ImageTree opaque(String directory) {
    return add(directory, new Node.Opaque(), 0600);
  }

  /** Sets the permissions of the last entry: the low twelve mode bits. */
  public ImageTree mode(int permissions) {
    var e = entries.removeLast();
    return add(
        new TreeEntry(e.path(), e.node(), permissions, e.uid(), e.gid(), e.modified(), e.xattrs()));
  }

  /** Sets the owner of the last entry, which is otherwise root. */
  public ImageTree owner(int uid, int gid) {
    var e = entries.removeLast();
    return add(
        new TreeEntry(e.path(), e.node(), e.permissions(), uid, gid, e.modified(), e.xattrs()));
  }

  /** Sets the modification time of the last entry. */
  public ImageTree modified(Instant time) {
    var e = entries.removeLast();
    return add(
        new TreeEntry(e.path(), e.node(), e.permissions(), e.uid(), e.gid(), time, e.xattrs()));
  }

  /** Adds an extended attribute to the last entry. */
  public ImageTree xattr(String name, byte[] value) {
    var e = entries.removeLast();
    Map<String, byte[]> xattrs = new LinkedHashMap<>(e.xattrs());
    xattrs.put(name, value.clone());
    return add(
        new TreeEntry(e.path(), e.node(), e.permissions(), e.uid(), e.gid(), e.modified(), xattrs));
  }

  /** Adds an entry as it is. */
  public ImageTree add(TreeEntry entry) {
    entries.add(entry);
    return this;
  }

  /** Adds all entries of another tree. */
  public ImageTree addAll(Iterable<TreeEntry> tree) {
    tree.forEach(entries::add);
    return this;
  }

  /** Returns the number of entries. */
  public int size() {
    return entries.size();
  }

  @Override
  public Iterator<TreeEntry> iterator() {
    return List.copyOf(entries).iterator();
  }

  /**
   * Makes the tree in a directory of the machine, as an overlay file system wants it: a whiteout is
   * a character device 0/0, an opaque directory carries {@code trusted.overlay.opaque}. Needs root
   * and GNU tar.
   *
   * @param directory an existing directory
   * @throws IOException if an entry cannot be made; the message is tar's
   */
  public void materialize(Path directory) throws IOException {
    new TreeMaker(directory).make(this);
  }

  /** Returns the entries whose paths {@code lower} does not have, for a layer on top of it. */
  public ImageTree without(Iterable<TreeEntry> lower) {
    Set<String> known = new HashSet<>();
    lower.forEach(entry -> known.add(entry.path()));
    var rest = new ImageTree();
    entries.stream().filter(entry -> !known.contains(entry.path())).forEach(rest::add);
    return rest;
  }

  private ImageTree add(String path, Node node, int permissions) {
    return add(new TreeEntry(path, node, permissions, 0, 0, EPOCH, Map.of()));
  }
}
