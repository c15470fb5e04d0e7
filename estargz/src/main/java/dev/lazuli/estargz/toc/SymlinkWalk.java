package dev.lazuli.estargz.toc;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.lazuli.estargz.LayerFormatException;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Resolves paths through symbolic links of the layer, as it is at that moment, inside its root:
 * step by step as {@code fs.RootPath} of containerd's continuity package does, so that entries land
 * where they land when the layer is unpacked. What that leaves to the host's own links is refused.
 *
 * <p>Paths are bytes in ISO 8859-1. Only paths with links in them come here, so it need not be
 * fast; but links can make a path of a few bytes a long walk, so all walks of a layer share a
 * number of look-ups.
 */
final class SymlinkWalk {
  /** What containerd follows for one path. */
  private static final int MOST_LINKS = 255;

  /** What Linux follows for one path. */
  private static final int MOST_KERNEL_LINKS = 40;

  private static final int MOST_LOOKUPS = 32 << 20;
  private static final int MOST_BYTES = 1 << 16;

  private final String layer;
  private final RowTable inodes;
  private final NameTable tree;
  private final ByteHeap text;
  private int links;
  private int lookups;

  SymlinkWalk(String layer, RowTable inodes, NameTable tree, ByteHeap text) {
    this.layer = layer;
    this.inodes = inodes;
    this.tree = tree;
    this.text = text;
  }

  /**
   * Returns the absolute, cleaned path that {@code path} leads to. Its last components need not be
   * there.
   *
   * @throws LayerFormatException if links lead in a circle, or out of what a layer can say
   */
  String resolve(String path) throws LayerFormatException {
    links = 0;
    var next = path;
    while (true) {
      var before = links;
      var walked = walk(next);
      next = walked;
      if (links == before) {
        next = clean("/" + walked);
        if (next.equals(walked)) {
          return next;
        }
      }
    }
  }

  /** Follows each link once; what a link leads to is walked the next time. */
  private String walk(String path) throws LayerFormatException {
    var at = path.startsWith("/") ? "/" : "";
    for (var component : path.split("/", -1)) {
      if (component.isEmpty()) {
        continue;
      }
      var joined = clean("/" + at + "/" + component);
      var target = linkTarget(joined);
      if (target != null && ++links > MOST_LINKS) {
        throw bad(path, "more symbolic links than " + MOST_LINKS);
      }
      if (target == null) {
        at = joined;
      } else if (target.startsWith("/") || at.isEmpty()) {
        at = target;
      } else {
        at = clean(at + "/" + target);
      }
      if (at.length() > MOST_BYTES) {
        throw bad(path, "a path of " + at.length() + " bytes");
      }
    }
    return at;
  }

  /** Returns what a path's last component links to; null if it is not a link, or not there. */
  private @Nullable String linkTarget(String path) throws LayerFormatException {
    var next = path;
    for (int followed = 0; followed <= MOST_KERNEL_LINKS; followed++) {
      var components = next.substring(1).split("/", -1);
      var link = firstLink(next, components);
      if (link.entry() < 0) {
        return null;
      }
      var target = target(link.entry());
      if (link.component() == components.length - 1) {
        return target;
      }
      next = spliced(path, components, link.component(), target);
    }
    throw bad(path, "more symbolic links than " + MOST_KERNEL_LINKS);
  }

  /** The first symbolic link on a path; entry -1 if there is none. */
  private record Link(int entry, int component) {
    static final Link NONE = new Link(-1, -1);
  }

  private Link firstLink(String path, String[] components) throws LayerFormatException {
    lookups += components.length;
    if (lookups > MOST_LOOKUPS) {
      throw bad(path, "more look-ups than " + MOST_LOOKUPS + " for one layer");
    }
    var entry = NameTable.ROOT;
    for (int i = 0; i < components.length && !path.equals("/"); i++) {
      var name = components[i].getBytes(ISO_8859_1);
      entry = tree.find(entry, name, 0, name.length);
      if (entry < 0) {
        break;
      }
      var kind = kind(entry);
      if (kind == EntryKind.SYMLINK) {
        return new Link(entry, i);
      }
      if (kind != EntryKind.DIRECTORY && i < components.length - 1) {
        throw bad(path, "a " + kind + " among its directories");
      }
    }
    return Link.NONE;
  }

  private String target(int entry) {
    var inode = tree.inode(entry);
    var length = (int) inodes.getLong(inode, InodeRow.SIZE);
    var target = text.slice((int) inodes.getLong(inode, InodeRow.PLACE), length);
    return new String(target.toArray(JAVA_BYTE), ISO_8859_1);
  }

  /** The kernel follows links before the last component: where it would leave the root, we stop. */
  private String spliced(String path, String[] components, int link, String target)
      throws LayerFormatException {
    if (target.startsWith("/") || ("/" + target + "/").contains("/../")) {
      throw bad(path, "a link to " + target + " behind another link");
    }
    var spliced = new StringBuilder();
    for (int i = 0; i < components.length; i++) {
      spliced.append('/').append(i == link ? target : components[i]);
    }
    return clean(spliced.toString());
  }

  private EntryKind kind(int entry) {
    return EntryKind.ofCode(inodes.getInt(tree.inode(entry), InodeRow.FLAGS) & InodeRow.KIND_MASK);
  }

  /** Cleans a path by its words alone, as Go's {@code path.Clean}. */
  static String clean(String path) {
    var isAbsolute = path.startsWith("/");
    var clean = new ArrayDeque<String>();
    for (var part : path.split("/", -1)) {
      if (part.isEmpty() || part.equals(".")) {
        continue;
      }
      var isUp = part.equals("..");
      var last = clean.peekLast();
      if (isUp && last != null && !last.equals("..")) {
        clean.removeLast();
      } else if (!isUp || !isAbsolute) {
        clean.addLast(part);
      }
    }
    var joined = String.join("/", clean);
    return isAbsolute ? "/" + joined : joined.isEmpty() ? "." : joined;
  }

  private LayerFormatException bad(String path, String value) {
    return new LayerFormatException(
        layer, "path through symbolic links " + path, value, "what containerd unpacks");
  }
}
