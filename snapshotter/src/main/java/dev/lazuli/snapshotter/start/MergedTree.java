package dev.lazuli.snapshotter.start;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.bridge.erofs.CorruptImageException;
import dev.lazuli.bridge.erofs.EntryVisitor;
import dev.lazuli.bridge.erofs.ErofsImage;
import dev.lazuli.bridge.kernel.FileMode;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The merged tree of an image's layers, as overlayfs will show it: upper layers hide lower ones,
 * whiteouts and opaque directories are obeyed, symbolic links are followed within the image. Reads
 * metadata alone, nothing is fetched. Safe for use by several threads.
 */
final class MergedTree {
  /** As Linux has it: MAXSYMLINKS of include/linux/namei.h. */
  private static final int MOST_LINKS = 40;

  private static final int MOST_NAMES = 4096;

  private static final int REGULAR_ENTRY = 1;

  /** An inode of a layer. */
  private record Node(StartLayer layer, long nid) {
    int type() throws CorruptImageException {
      return FileMode.type(layer.image().mode(nid));
    }

    boolean isOpaque() throws CorruptImageException {
      return layer.image().isOpaque(nid);
    }
  }

  /**
   * One name's inodes: a directory has one in each layer that adds to it, the topmost first;
   * anything else has one.
   */
  private record Place(String name, List<Node> nodes) {}

  private final Place root;
  private final StartBudget budget;

  /**
   * Makes the tree of some layers.
   *
   * @param layers the topmost first; they stay the caller's
   * @param budget pays for look-ups; once they are used up nothing is found any more
   */
  MergedTree(List<StartLayer> layers, StartBudget budget) {
    this.budget = budget;
    this.root =
        new Place(
            "", layers.stream().map(layer -> new Node(layer, layer.image().rootNid())).toList());
  }

  /**
   * Finds a file.
   *
   * @param path absolute; links in it are followed
   * @return empty if it is not there, is not a regular file or has no content
   * @throws CorruptImageException if a metadata image is damaged
   */
  Optional<ImageFile> file(String path) throws CorruptImageException {
    var way = walk(path);
    if (way.isEmpty() || way.get().node().type() != FileMode.REGULAR) {
      return Optional.empty();
    }
    return file(way.get().path(), way.get().node());
  }

  private static Optional<ImageFile> file(String path, Node node) throws CorruptImageException {
    long nid = node.nid();
    var image = node.layer().image();
    long offset = image.dataOffset(nid);
    return offset < 0
        ? Optional.empty()
        : Optional.of(new ImageFile(path, node.layer(), nid, offset, image.size(nid)));
  }

  /**
   * Finds a directory, in which names are then looked up without going through its path again.
   *
   * @param path absolute; links in it are followed
   */
  Optional<Directory> directory(String path) throws CorruptImageException {
    var way = walk(path);
    return way.isEmpty() || way.get().node().type() != FileMode.DIRECTORY
        ? Optional.empty()
        : Optional.of(new Directory(way.get().path(), way.get().end()));
  }

  /** A directory of the tree. Safe for use by several threads. */
  final class Directory {
    private final String path;
    private final Place place;

    private Directory(String path, Place place) {
      this.path = path;
      this.place = place;
    }

    /** Returns where it really lies: absolute, without links; empty for the root. */
    String path() {
      return path;
    }

    /** Finds a regular file with content, also through a link. */
    Optional<ImageFile> file(String name) throws CorruptImageException {
      Place found = child(place, name);
      if (found.nodes().isEmpty()) {
        return Optional.empty();
      }
      Node node = found.nodes().getFirst();
      return switch (node.type()) {
        case FileMode.REGULAR -> MergedTree.file(path + "/" + name, node);
        case FileMode.SYMLINK -> MergedTree.this.file(path + "/" + name);
        default -> Optional.empty();
      };
    }

    /** Finds a directory, also through a link. */
    Optional<Directory> directory(String name) throws CorruptImageException {
      Place found = child(place, name);
      if (found.nodes().isEmpty()) {
        return Optional.empty();
      }
      return switch (found.nodes().getFirst().type()) {
        case FileMode.DIRECTORY -> Optional.of(new Directory(path + "/" + name, found));
        case FileMode.SYMLINK -> MergedTree.this.directory(path + "/" + name);
        default -> Optional.empty();
      };
    }
  }

  /**
   * Returns the names of a directory's regular files, in order; empty if it is not there. May name
   * files that an upper layer hides, and no more than {@value #MOST_NAMES}.
   */
  List<String> files(String directory) throws CorruptImageException {
    var names = new TreeSet<String>();
    for (Node node : walk(directory).map(way -> way.end().nodes()).orElse(List.of())) {
      if (node.type() == FileMode.DIRECTORY) {
        node.layer().image().forEachEntry(node.nid(), 0, new Names(names, budget));
      }
    }
    return List.copyOf(names);
  }

  private record Names(TreeSet<String> names, StartBudget budget) implements EntryVisitor {
    @Override
    public boolean entry(
        MemorySegment image, long nameOffset, int nameLength, long nid, int type, long next) {
      if (type == REGULAR_ENTRY) {
        names.add(string(image.asSlice(nameOffset, nameLength)));
      }
      return names.size() < MOST_NAMES && budget.takeLookUp();
    }
  }

  /** Follows a path; empty if it leads nowhere, or the budget is used up. */
  private Optional<Descent> walk(String path) throws CorruptImageException {
    if (path.length() > budget.limits().pathBytes() || !budget.hasLookUps()) {
      return Optional.empty();
    }
    Deque<String> ahead = new ArrayDeque<>(List.of(path.split("/", -1)));
    var way = new Descent(root);
    int links = 0;
    while (!ahead.isEmpty()) {
      String name = ahead.pop();
      if (!budget.takeLookUp()) {
        return Optional.empty();
      }
      if (name.equals("..")) {
        way.up();
      } else if (!name.isEmpty() && !name.equals(".")) {
        Place next = child(way.end(), name);
        if (next.nodes().isEmpty()) {
          return Optional.empty();
        }
        Node node = next.nodes().getFirst();
        if (node.type() != FileMode.SYMLINK) {
          way.down(next);
        } else if (++links > MOST_LINKS) {
          return Optional.empty();
        } else {
          follow(string(node.layer().image().linkTarget(node.nid())), way, ahead);
        }
      }
    }
    return Optional.of(way);
  }

  private static void follow(String target, Descent way, Deque<String> ahead) {
    if (target.startsWith("/")) {
      way.toRoot();
    }
    List.of(target.split("/", -1)).reversed().forEach(ahead::push);
  }

  /** The places from the root down to where a path leads. */
  private static final class Descent {
    private final Place root;
    private final List<Place> below = new ArrayList<>();

    Descent(Place root) {
      this.root = root;
    }

    void down(Place child) {
      below.add(child);
    }

    /** As the kernel has it, the root's parent is the root. */
    void up() {
      if (!below.isEmpty()) {
        below.removeLast();
      }
    }

    void toRoot() {
      below.clear();
    }

    Place end() {
      return below.isEmpty() ? root : below.getLast();
    }

    /** Returns the topmost inode of where it leads. */
    Node node() {
      return end().nodes().getFirst();
    }

    /** Returns the path without links; empty for the root. */
    String path() {
      var path = new StringBuilder();
      below.forEach(place -> path.append('/').append(place.name()));
      return path.toString();
    }
  }

  private Place child(Place parent, String name) throws CorruptImageException {
    MemorySegment bytes = text(name);
    var found = new ArrayList<Node>();
    for (Node directory : parent.nodes()) {
      if (directory.type() != FileMode.DIRECTORY || !budget.takeLookUp()) {
        break;
      }
      long nid =
          directory.layer().image().lookup(directory.nid(), bytes, 0, (int) bytes.byteSize());
      if (nid == ErofsImage.ABSENT) {
        continue;
      }
      var node = new Node(directory.layer(), nid);
      boolean isDirectory = node.type() == FileMode.DIRECTORY;
      if (!isDirectory && !found.isEmpty()) {
        break;
      }
      // A whiteout is a device: like anything but a directory it hides what is below.
      found.add(node);
      if (!isDirectory || node.isOpaque()) {
        break;
      }
    }
    return new Place(name, found);
  }

  private static MemorySegment text(String text) {
    return MemorySegment.ofArray(text.getBytes(UTF_8));
  }

  private static String string(MemorySegment bytes) {
    return new String(bytes.toArray(ValueLayout.JAVA_BYTE), UTF_8);
  }
}
