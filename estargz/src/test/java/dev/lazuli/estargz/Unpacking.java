package dev.lazuli.estargz;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What containerd makes of a tar in an upper directory of overlayfs, in memory and as plainly as it
 * can be said: entry after entry, links followed by {@code fs.RootPath} of its continuity package.
 * Where a whiteout meets a file of its own layer, which containerd refuses, the file counts.
 */
final class Unpacking {
  /** Containerd refuses the layer, or what it does depends on the host's own files. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    Refused(String why) {
      super(why);
    }
  }

  /** An entry as its tar means it. */
  record Entry(
      String name,
      char type,
      String link,
      String content,
      int mode,
      int uid,
      int gid,
      long mtime,
      Map<String, String> xattrs) {
    @Override
    public String toString() {
      return type + " " + name + (link.isEmpty() ? "" : " -> " + link);
    }
  }

  private static final class Node {
    char type;
    int mode = 0755;
    int uid;
    int gid;
    long mtime;
    String content = "";
    boolean isOpaque;
    final Map<String, String> xattrs = new TreeMap<>();
    final TreeMap<String, Node> children = new TreeMap<>();
    final TreeMap<String, Long> whiteouts = new TreeMap<>();

    Node(char type) {
      this.type = type;
    }
  }

  /** A directory hands its group on to new ones; that they are setgid too goes with their mode. */
  private static final int SETGID = 02000;

  private final Node root = new Node('5');
  private int linksWalked;

  void apply(Entry entry) throws Refused {
    var name = clean(entry.name());
    var slash = name.lastIndexOf('/') + 1;
    var parent = rootPath(name.substring(0, slash));
    var path = clean(parent + "/" + clean("/" + name.substring(slash)));
    if (path.equals("/")) {
      return;
    }
    var directory = makeDirectories(path.substring(0, path.lastIndexOf('/')));
    var base = path.substring(path.lastIndexOf('/') + 1);
    if (base.equals(".wh..wh..opq")) {
      directory.isOpaque = true;
    } else if (base.startsWith(".wh.")) {
      var hidden = base.substring(4);
      if (!directory.children.containsKey(hidden)) {
        directory.whiteouts.putIfAbsent(hidden, entry.mtime());
      }
    } else {
      create(entry, directory, base);
    }
  }

  private void create(Entry entry, Node directory, String base) throws Refused {
    var old = directory.children.get(base);
    directory.whiteouts.remove(base);
    if (old != null && !(old.type == '5' && entry.type() == '5')) {
      directory.children.remove(base);
      old = null;
    }
    Node node;
    if (entry.type() == '1') {
      node = linked(entry.link());
      node.xattrs.remove("security.capability");
    } else if (old == null) {
      node = new Node(entry.type());
      node.content = entry.type() == '2' ? entry.link() : entry.content();
    } else {
      node = old;
    }
    directory.children.put(base, node);
    node.uid = entry.uid();
    node.gid = entry.gid();
    entry
        .xattrs()
        .forEach(
            (key, value) -> {
              if (!key.startsWith("trusted.")) {
                node.xattrs.put(key, value);
              }
            });
    node.mode = node.type == '2' ? 0777 : entry.mode();
    node.mtime = entry.mtime();
  }

  private Node linked(String link) throws Refused {
    var slash = link.lastIndexOf('/') + 1;
    var path = clean(rootPath(link.substring(0, slash)) + "/" + link.substring(slash));
    var node = lstat(path);
    if (node == null || node.type == '5') {
      throw new Refused("hard link to " + link);
    }
    return node;
  }

  private Node makeDirectories(String path) throws Refused {
    var at = root;
    for (var name : names(path)) {
      var next = at.children.get(name);
      if (next == null) {
        next = new Node('5');
        next.gid = (at.mode & SETGID) == 0 ? 0 : at.gid;
        at.children.put(name, next);
      }
      at.whiteouts.remove(name);
      if (next.type != '5') {
        throw new Refused(path + " is no directory");
      }
      at = next;
    }
    return at;
  }

  /** As the kernel does it, which follows links before the last component. */
  private @Nullable Node lstat(String path) throws Refused {
    var at = root;
    var names = new ArrayList<>(names(path));
    for (int i = 0, followed = 0; i < names.size(); i++) {
      var name = names.get(i);
      var isLast = i == names.size() - 1;
      if (at.whiteouts.containsKey(name) && !isLast) {
        throw new Refused(name + " is no directory");
      }
      var next = at.children.get(name);
      if (next == null) {
        return null;
      }
      if (next.type == '2' && !isLast) {
        if (next.content.startsWith("/") || List.of(next.content.split("/", -1)).contains("..")) {
          throw new Refused("a link that may leave the root");
        }
        if (followed++ == 40) {
          throw new Refused("too many links");
        }
        names.remove(i);
        names.addAll(i, names(next.content));
        i--;
      } else if (next.type != '5' && !isLast) {
        throw new Refused(name + " is no directory");
      } else {
        at = next;
      }
    }
    return at;
  }

  private static List<String> names(String path) {
    var names = new ArrayList<String>();
    for (var name : path.split("/", -1)) {
      if (!name.isEmpty() && !name.equals(".")) {
        names.add(name);
      }
    }
    return names;
  }

  private String rootPath(String path) throws Refused {
    if (path.isEmpty()) {
      return "/";
    }
    linksWalked = 0;
    var at = path;
    while (true) {
      var before = linksWalked;
      at = walkLinks(at);
      if (before == linksWalked) {
        var cleaned = clean("/" + at);
        if (cleaned.equals(at)) {
          return at;
        }
        at = cleaned;
      }
    }
  }

  private String walkLinks(String path) throws Refused {
    var slash = path.lastIndexOf('/') + 1;
    var directory = path.substring(0, slash);
    var file = path.substring(slash);
    if (directory.isEmpty()) {
      var target = readLink(file);
      return target == null ? clean("/" + file) : target;
    }
    if (file.isEmpty()) {
      return directory.equals("/") ? "/" : walkLinks(directory.substring(0, slash - 1));
    }
    var newDirectory = walkLinks(directory);
    var joined = clean(newDirectory + "/" + file);
    var target = readLink(joined);
    if (target == null) {
      return clean("/" + joined);
    }
    return target.startsWith("/") ? target : clean(newDirectory + "/" + target);
  }

  private @Nullable String readLink(String path) throws Refused {
    if (linksWalked > 255) {
      throw new Refused("too many links");
    }
    var node = lstat(clean("/" + path));
    if (node == null || node.type != '2') {
      return null;
    }
    linksWalked++;
    return node.content;
  }

  static String clean(String path) {
    var isAbsolute = path.startsWith("/");
    var kept = new ArrayList<String>();
    for (var name : names(path)) {
      if (!name.equals("..")) {
        kept.add(name);
      } else if (!kept.isEmpty() && !kept.getLast().equals("..")) {
        kept.removeLast();
      } else if (!isAbsolute) {
        kept.add(name);
      }
    }
    var joined = (isAbsolute ? "/" : "") + String.join("/", kept);
    return joined.isEmpty() ? "." : joined;
  }

  /** Returns the tree in the lines of {@link LayerTree}. */
  Map<String, String> tree() {
    var tree = new TreeMap<String, String>();
    collect(root, "", false, new IdentityHashMap<>(), tree);
    return tree;
  }

  private static void collect(
      Node directory,
      String path,
      boolean isCovered,
      Map<Node, String> firstNames,
      Map<String, String> into) {
    var names = new TreeSet<>(directory.children.keySet());
    names.addAll(directory.whiteouts.keySet());
    for (var name : names) {
      var child = path + name;
      var node = directory.children.get(name);
      if (node == null) {
        if (!isCovered) {
          into.put(child, whiteout(directory, name, child));
        }
        continue;
      }
      var first = firstNames.computeIfAbsent(node, _ -> child);
      var below = isCovered || node.isOpaque;
      into.put(child, line(node, below, first));
      if (node.type == '5') {
        collect(node, child + "/", below, firstNames, into);
      }
    }
  }

  private static String whiteout(Node directory, String name, String path) {
    var mtime = directory.whiteouts.get(name);
    if (mtime == null) {
      throw new NoSuchElementException(name);
    }
    return LayerTree.line(0020000, List.of(0, 0), mtime, "0,0", path, Map.of());
  }

  private static String line(Node node, boolean isCovered, String first) {
    var xattrs = new TreeMap<>(node.xattrs);
    if (node.isOpaque) {
      xattrs.put("trusted.overlay.opaque", "y");
    }
    if (!node.whiteouts.isEmpty() && !isCovered) {
      xattrs.put("trusted.overlay.origin", "");
    }
    var type =
        switch (node.type) {
          case '2' -> 0120000;
          case '3' -> 0020000;
          case '5' -> 0040000;
          case '6' -> 0010000;
          default -> 0100000;
        };
    return LayerTree.line(
        type | node.mode, List.of(node.uid, node.gid), node.mtime, node.content, first, xattrs);
  }
}
