package dev.lazuli.snapshotter.snapshots;

import static dev.lazuli.snapshotter.layers.LayerEntry.AttributeSource.LATE_ENTRY;

import dev.lazuli.snapshotter.layers.DirectoryAttributes;
import dev.lazuli.snapshotter.layers.LayerEntry.AttributeSource;
import dev.lazuli.snapshotter.layers.LayerEntry.Directory;
import dev.lazuli.snapshotter.snapshots.MergedDirectory.Budget;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Finds the directories that a layer has something in without saying what their attributes are. As
 * containerd has it, such a directory keeps the attributes that the layers below show; only where
 * they have none it is root's with mode 0755, which is also what the layer's own tree shows. Such a
 * new one in a setgid directory belongs to that directory's group: where that comes from below, it
 * is found here, too. If the layer says later on what the attributes are, that holds, but extended
 * attributes from below stay.
 *
 * <p>The result is a tree to put above the layer: those directories that would look otherwise
 * without it, and their parents. It replaces such trees of the layers below, so that an overlay
 * needs no more than one: what is still seen of those is part of it.
 */
final class InheritedDirectories {
  /** An image has some hundred directories that programs share; no layer needs to repeat more. */
  private static final int MOST_DIRECTORIES = 4096;

  private static final int MOST_LOOK_UPS = 4_000_000;

  /** How much of the heap one search may hold at a time. */
  private static final long MOST_BYTES = 4 << 20;

  /** What a directory that waits takes, and for each layer that it is in, and an attribute. */
  private static final int WAITING_BYTES = 200;

  private static final int LAYER_BYTES = 32;
  private static final int XATTR_BYTES = 150;

  /** S_ISGID of uapi/linux/stat.h. */
  private static final int SETGID = 02000;

  private final MergedDirectory below;
  private final MergedDirectory all;
  private final Optional<Directory> earlier;
  private final Budget budget = new Budget(MOST_LOOK_UPS);

  /** By path, one character for each byte; a parent comes before what is in it. */
  private final SortedMap<String, DirectoryAttributes> found = new TreeMap<>();

  private long heldBytes;

  /** A directory of the layer and what the layers below show by its name. */
  private record Pair(String path, Directory top, MergedDirectory below) {}

  /** A directory of an earlier tree and what all layers show by its name. */
  private record Old(String path, Directory tree, MergedDirectory all) {}

  private InheritedDirectories(Directory top, List<Directory> below, Optional<Directory> earlier) {
    this.below = new MergedDirectory(below);
    this.earlier = earlier;
    var layers = new ArrayList<>(List.of(top));
    layers.addAll(below);
    this.all = new MergedDirectory(layers);
  }

  /**
   * Finds them.
   *
   * @param top the layer's root
   * @param below the roots of what it builds on, nearest first
   * @param earlier the root of a tree that this made for a layer below, itself one of {@code below}
   * @return attributes by path; empty if nothing is inherited, or the same either way
   * @throws IOException if they cannot be found, or are too many; then the layer is not to be
   *     mounted
   */
  static SortedMap<String, DirectoryAttributes> of(
      Directory top, List<Directory> below, Optional<Directory> earlier) throws IOException {
    if (below.isEmpty()) {
      return new TreeMap<>();
    }
    return new InheritedDirectories(top, below, earlier).find(top);
  }

  private SortedMap<String, DirectoryAttributes> find(Directory top) throws IOException {
    findInherited(top);
    if (!found.isEmpty()) {
      if (earlier.isPresent()) {
        keepEarlier(earlier.get());
      }
      for (var path : List.copyOf(found.keySet())) {
        addParents(path);
      }
      found.put("", top.attributes());
    }
    return found;
  }

  private void findInherited(Directory top) throws IOException {
    Deque<Pair> ahead = new ArrayDeque<>(List.of(new Pair("", top, below)));
    while (!ahead.isEmpty()) {
      var pair = ahead.pop();
      hold(-waitingBytes(pair.path(), pair.below()));
      pair.top().forEachDirectory(name -> compare(pair, name, ahead));
    }
  }

  private void compare(Pair parent, String name, Deque<Pair> ahead) throws IOException {
    if (!(parent.top().child(name) instanceof Directory top)) {
      return;
    }
    var path = join(parent.path(), name);
    var source = top.source();
    var seen = parent.below().child(name, budget);
    if (seen.isEmpty()) {
      if (source != AttributeSource.ENTRY && source != LATE_ENTRY) {
        takeGroup(path, source, top, parent);
      }
      return;
    }
    if (source != AttributeSource.ENTRY) {
      var from = seen.get().nearest().attributes();
      inherit(path, source, top, source == LATE_ENTRY ? kept(top, from) : from);
    }
    if (!top.isOpaque()) {
      hold(waitingBytes(path, seen.get()));
      ahead.push(new Pair(path, top, seen.get()));
    }
  }

  /**
   * Unpacking leaves the root as it is, so it hands no group on. What is in a directory whose entry
   * came late is taken to be older than that entry, unless it has a group from it.
   */
  private void takeGroup(String path, AttributeSource source, Directory top, Pair parent)
      throws IOException {
    if (parent.path().isEmpty() || parent.top().source() == AttributeSource.ENTRY) {
      return;
    }
    var above = parent.below().nearest().attributes();
    if ((above.permissions() & SETGID) != 0 && top.attributes().gid() == 0) {
      inherit(path, source, top, top.attributes().withGroup(above.gid()));
    }
  }

  private static DirectoryAttributes kept(Directory top, DirectoryAttributes below)
      throws IOException {
    return top.attributes().withXattrsBelow(below);
  }

  private void inherit(
      String path, AttributeSource source, Directory top, DirectoryAttributes attributes)
      throws IOException {
    if (attributes.isLike(top.attributes())) {
      return;
    }
    if (source == AttributeSource.UNKNOWN) {
      throw new IOException(
          "an earlier version indexed it and did not note whether it has an entry for " + path);
    }
    put(path, attributes);
  }

  /** Takes over what is still seen of an earlier tree. */
  private void keepEarlier(Directory root) throws IOException {
    Deque<Old> ahead = new ArrayDeque<>(List.of(new Old("", root, all)));
    while (!ahead.isEmpty()) {
      var old = ahead.pop();
      hold(-waitingBytes(old.path(), old.all()));
      old.tree().forEachDirectory(name -> keep(old, name, ahead));
    }
  }

  private void keep(Old parent, String name, Deque<Old> ahead) throws IOException {
    var seen = parent.all().child(name, budget);
    if (seen.isEmpty()
        || !(parent.tree().child(name) instanceof Directory tree)
        || !seen.get().layers().contains(tree)) {
      return;
    }
    var path = join(parent.path(), name);
    if (seen.get().nearest().equals(tree)) {
      put(path, tree.attributes());
    }
    hold(waitingBytes(path, seen.get()));
    ahead.push(new Old(path, tree, seen.get()));
  }

  private static long waitingBytes(String path, MergedDirectory merged) {
    return WAITING_BYTES + path.length() + (long) LAYER_BYTES * merged.layers().size();
  }

  /** Counts what the search holds on the heap, or with a negative number gives up. */
  private void hold(long bytes) throws IOException {
    heldBytes += bytes;
    if (heldBytes > MOST_BYTES) {
      throw new IOException("its directories need more than %d MiB".formatted(MOST_BYTES >> 20));
    }
  }

  private void addParents(String path) throws IOException {
    var seen = all;
    for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      var parent = path.substring(0, slash);
      var name = parent.substring(parent.lastIndexOf('/') + 1);
      seen =
          seen.child(name, budget)
              .orElseThrow(() -> new IOException("directory " + parent + " cannot be found"));
      if (!found.containsKey(parent)) {
        put(parent, seen.nearest().attributes());
      }
    }
  }

  private void put(String path, DirectoryAttributes attributes) throws IOException {
    var replaced = found.put(path, attributes);
    hold(foundBytes(path, attributes) - (replaced == null ? 0 : foundBytes(path, replaced)));
    if (found.size() > MOST_DIRECTORIES) {
      throw new IOException(
          "it leaves out the entries of more than " + MOST_DIRECTORIES + " directories");
    }
  }

  private static long foundBytes(String path, DirectoryAttributes attributes) {
    long bytes = (long) WAITING_BYTES + path.length();
    for (var xattr : attributes.xattrs().entrySet()) {
      bytes += XATTR_BYTES + xattr.getKey().length() + xattr.getValue().length;
    }
    return bytes;
  }

  private static String join(String directory, String name) {
    return directory.isEmpty() ? name : directory + "/" + name;
  }
}
