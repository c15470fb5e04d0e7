package dev.lazuli.snapshotter.e2e.stacks;

import static java.util.Objects.requireNonNull;

import dev.lazuli.snapshotter.e2e.stacks.StackEntry.Attributes;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a stack of layers shows so far, and with it which entries may come next: those for which
 * containerd's overlayfs unpacks what the image specification says. Each rule below keeps away from
 * something that containerd's overlayfs refuses or shows in a way of its own.
 */
final class StackModel {
  /** What a name stands for. */
  enum Kind {
    DIRECTORY,
    FILE,
    SYMLINK,
    OTHER,
    WHITEOUT
  }

  /** What all layers so far show together. */
  private final SortedMap<String, Kind> view = new TreeMap<>();

  /** Names that any layer has had. */
  private final Set<String> everSeen = new HashSet<>();

  /** Names that any layer has had as something else than a directory. */
  private final Set<String> everInTheWay = new HashSet<>();

  /** What the layer that is being written has so far. */
  private final SortedMap<String, Kind> here = new TreeMap<>();

  private final Set<String> impliedHere = new HashSet<>();

  /** Directories of this layer that had something in them before they got their entry. */
  private final Set<String> impliedFirstHere = new HashSet<>();

  private final Set<String> linkedHere = new HashSet<>();

  private final Map<String, Attributes> attributesHere = new HashMap<>();
  private final boolean forPeer;
  private int layer = -1;

  /**
   * Makes the model of no layers.
   *
   * @param forPeer whether ctr-remote is to convert them
   */
  StackModel(boolean forPeer) {
    this.forPeer = forPeer;
  }

  void beginLayer() {
    here.forEach(
        (path, kind) -> {
          everSeen.add(path);
          if (kind != Kind.DIRECTORY) {
            everInTheWay.add(path);
          }
        });
    here.clear();
    impliedHere.clear();
    impliedFirstHere.clear();
    linkedHere.clear();
    attributesHere.clear();
    layer++;
  }

  SortedMap<String, Kind> view() {
    return view;
  }

  SortedMap<String, Kind> here() {
    return here;
  }

  /** Returns the attributes of what this layer has by a name. */
  Attributes attributes(String path) {
    return requireNonNull(attributesHere.get(path), path);
  }

  boolean allows(StackEntry entry) {
    var path = entry.subject();
    if (!allowsParents(entry.isOpaque() ? path + "/." : path)) {
      return false;
    }
    if (entry.isOpaque()) {
      return allowsOpaque(path);
    }
    if (entry.isWhiteout()) {
      return allowsWhiteout(path);
    }
    if (entry.type() == StackEntry.HARD_LINK
        && (!isLinkable(entry.link()) || (entry.link() + "/").startsWith(path + "/"))) {
      // containerd looks for the target in what this layer has, and first removes what is in the
      // way.
      return false;
    }
    return entry.type() == StackEntry.DIRECTORY ? allowsDirectory(path) : allowsOther(path);
  }

  /** Returns whether this layer has something else than a directory by a name. */
  private boolean isLinkable(String path) {
    var kind = here.getOrDefault(path, Kind.WHITEOUT);
    return kind != Kind.WHITEOUT && kind != Kind.DIRECTORY;
  }

  /** Parents without an entry become directories; containerd looks them up in layers below. */
  private boolean allowsParents(String path) {
    for (var parent = StackEntry.parent(path);
        !parent.isEmpty();
        parent = StackEntry.parent(parent)) {
      var own = here.get(parent);
      if (own == null ? !allowsImplied(parent) : own != Kind.DIRECTORY) {
        return false;
      }
    }
    return true;
  }

  private boolean allowsImplied(String path) {
    var below = view.get(path);
    if (below != null) {
      // A link would be followed, for attributes alone.
      return below == Kind.DIRECTORY;
    }
    // Directories that are hidden by now would be found all the same, and one below a file of any
    // layer is an error.
    return !everSeen.contains(path) && !anyParent(path, everInTheWay);
  }

  private static boolean anyParent(String path, Set<String> paths) {
    for (var parent = StackEntry.parent(path);
        !parent.isEmpty();
        parent = StackEntry.parent(parent)) {
      if (paths.contains(parent)) {
        return true;
      }
    }
    return false;
  }

  /**
   * A whiteout that hides nothing is shown as a broken name by overlayfs, but for one in the bottom
   * layer, of which containerd makes nothing.
   */
  private boolean allowsWhiteout(String path) {
    return (layer == 0 || view.containsKey(path))
        && !here.containsKey(path)
        && below(here, path).isEmpty();
  }

  private boolean allowsOpaque(String path) {
    var below = below(here, path);
    // Whiteouts in an opaque directory are shown as broken names. containerd looks implied
    // directories up before it knows that what it finds is hidden.
    return !below.containsValue(Kind.WHITEOUT)
        && below.keySet().stream().noneMatch(this::wasImplied);
  }

  private boolean allowsDirectory(String path) {
    var own = here.get(path);
    if (own == null) {
      return true;
    }
    // containerd's overlayfs forgets a whiteout when a directory of the same name comes, and
    // refuses the other order. A new mode changes the list that a directory has.
    return switch (own) {
      case WHITEOUT -> false;
      case DIRECTORY -> impliedHere.contains(path) || mayGetMore(attributes(path));
      default -> !mustStay(path);
    };
  }

  private boolean allowsOther(String path) {
    return !isEntryOfADirectory(path)
        && !mustStay(path)
        && below(here, path).keySet().stream()
            .noneMatch(name -> isEntryOfADirectory(name) || mustStay(name));
  }

  /** Of a directory with two entries ctr-remote drops the first, and so implies it until then. */
  private boolean mayGetMore(Attributes directory) {
    return !directory.hasAcl() && !forPeer;
  }

  /** ctr-remote drops the first of two entries of one name, whatever was linked to it. */
  private boolean mustStay(String path) {
    return forPeer && linkedHere.contains(path);
  }

  /** At a layer's end containerd sets the times of all directories that it had an entry for. */
  private boolean isEntryOfADirectory(String path) {
    return here.get(path) == Kind.DIRECTORY && !impliedHere.contains(path);
  }

  /** Adds an entry that is allowed. */
  void apply(StackEntry entry) {
    var path = entry.subject();
    addParents(entry.path());
    if (entry.isOpaque()) {
      below(view, path).keySet().removeIf(name -> !here.containsKey(name));
      return;
    }
    if (entry.isWhiteout()) {
      remove(view, path);
      here.put(path, Kind.WHITEOUT);
      return;
    }
    var kind = entry.type() == StackEntry.HARD_LINK ? here.get(entry.link()) : kind(entry);
    if (kind != Kind.DIRECTORY || here.getOrDefault(path, kind) != Kind.DIRECTORY) {
      remove(here, path);
      impliedHere.removeIf(name -> isAtOrBelow(name, path));
      impliedFirstHere.removeIf(name -> isAtOrBelow(name, path));
    } else if (impliedHere.remove(path)) {
      impliedFirstHere.add(path);
    }
    if (kind != Kind.DIRECTORY) {
      remove(view, path);
    }
    if (entry.type() == StackEntry.HARD_LINK) {
      linkedHere.add(path);
      linkedHere.add(entry.link());
      attributesHere.put(entry.link(), entry.attributes());
    }
    view.put(path, kind);
    here.put(path, kind);
    attributesHere.put(path, entry.attributes());
  }

  private boolean wasImplied(String path) {
    return impliedHere.contains(path) || impliedFirstHere.contains(path);
  }

  private static boolean isAtOrBelow(String name, String path) {
    return name.equals(path) || name.startsWith(path + "/");
  }

  private void addParents(String path) {
    for (var parent = StackEntry.parent(path);
        !parent.isEmpty();
        parent = StackEntry.parent(parent)) {
      if (here.putIfAbsent(parent, Kind.DIRECTORY) == null) {
        impliedHere.add(parent);
        view.put(parent, Kind.DIRECTORY);
      }
    }
  }

  private static Kind kind(StackEntry entry) {
    return switch (entry.type()) {
      case StackEntry.DIRECTORY -> Kind.DIRECTORY;
      case StackEntry.FILE -> Kind.FILE;
      case StackEntry.SYMLINK -> Kind.SYMLINK;
      default -> Kind.OTHER;
    };
  }

  private static void remove(SortedMap<String, Kind> names, String path) {
    below(names, path).clear();
    names.remove(path);
  }

  /** Returns what lies below a directory, as a view; '0' is the character after '/'. */
  private static SortedMap<String, Kind> below(SortedMap<String, Kind> names, String path) {
    return names.subMap(path + "/", path + "0");
  }
}
