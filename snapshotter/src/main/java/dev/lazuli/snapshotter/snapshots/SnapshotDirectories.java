package dev.lazuli.snapshotter.snapshots;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import dev.lazuli.snapshotter.layers.DirectoryAttributes;
import dev.lazuli.snapshotter.layers.Usage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.UUID;

/**
 * The directory {@code snapshots/}, with one directory per snapshot that is not a mounted layer,
 * named by its id. One that bears an id is whole: it is made under another name and renamed.
 */
final class SnapshotDirectories {
  /** Numeric owner and group. */
  record Owner(int uid, int gid) {
    static final Owner ROOT = new Owner(0, 0);

    static Owner of(Path path) throws IOException {
      return new Owner(
          (int) Files.getAttribute(path, "unix:uid", NOFOLLOW_LINKS),
          (int) Files.getAttribute(path, "unix:gid", NOFOLLOW_LINKS));
    }
  }

  /** What the names of directories start with that are about to be deleted. */
  private static final String TAKEN = "rm-";

  /** Files with several names that one count of a snapshot remembers: about 1.4 MB. */
  private static final int MOST_LINKED = 20_000;

  private final Path path;

  private SnapshotDirectories(Path path) {
    this.path = path;
  }

  /**
   * Opens the directory, which is made if missing.
   *
   * @throws IOException if it cannot be made, or if overlayfs cannot work on its file system
   */
  static SnapshotDirectories open(Path root) throws IOException {
    var path = root.resolve("snapshots");
    Files.createDirectories(path);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
    EntryTypes.require(path);
    return new SnapshotDirectories(path);
  }

  SnapshotDirectory of(Snapshot snapshot) {
    return new SnapshotDirectory(path.resolve(Long.toString(snapshot.id())));
  }

  /**
   * Makes the directory of a new snapshot. To be called while no other snapshot can be made.
   *
   * @param owner of the root that is seen through it, as of the layer below
   */
  void create(Snapshot snapshot, Owner owner) throws IOException {
    make(
        snapshot,
        making -> {
          makeDirectory(making.content(), "rwxr-xr-x");
          if (snapshot.kind() == SnapshotKind.ACTIVE) {
            makeDirectory(making.work(), "rwx--x--x");
          }
          if (snapshot.mayBeRebased()) {
            makeDirectory(making.nothing(), "rwxr-xr-x");
          }
          if (!owner.equals(Owner.of(making.content()))) {
            Files.setAttribute(making.content(), "unix:uid", owner.uid(), NOFOLLOW_LINKS);
            Files.setAttribute(making.content(), "unix:gid", owner.gid(), NOFOLLOW_LINKS);
          }
        });
  }

  /**
   * Makes the directory of a new snapshot that is a mounted layer, if it needs one. To be called
   * while no other snapshot can be made.
   *
   * @param inherited the layer's {@link InheritedTree}, empty if it has none
   */
  void createInherited(Snapshot snapshot, SortedMap<String, DirectoryAttributes> inherited)
      throws IOException {
    if (inherited.isEmpty()) {
      deleteLeft(snapshot);
    } else {
      make(snapshot, making -> InheritedTree.make(making.content(), inherited));
    }
  }

  /** What fills a new directory. */
  private interface Filling {
    void fill(SnapshotDirectory making) throws IOException;
  }

  private void make(Snapshot snapshot, Filling filling) throws IOException {
    var making = new SnapshotDirectory(Files.createTempDirectory(path, "new-"));
    try {
      filling.fill(making);
      deleteLeft(snapshot);
      Files.move(making.path(), of(snapshot).path(), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      DirectoryTree.delete(making.path());
      throw e;
    }
  }

  /**
   * Deletes what a transaction left that failed after it had made a directory: ids in use are never
   * made twice.
   */
  private void deleteLeft(Snapshot snapshot) throws IOException {
    var directory = of(snapshot).path();
    if (Files.exists(directory, NOFOLLOW_LINKS)) {
      DirectoryTree.delete(directory);
    }
  }

  /** Returns the tree of directories that a mounted layer inherits, if it has one. */
  Optional<Path> inherited(Snapshot remote) {
    var tree = of(remote).content();
    return Files.isDirectory(tree, NOFOLLOW_LINKS) ? Optional.of(tree) : Optional.empty();
  }

  private static void makeDirectory(Path directory, String permissions) throws IOException {
    Files.createDirectory(directory);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(permissions));
  }

  Usage usage(Snapshot snapshot) throws IOException {
    return DirectoryTree.usage(of(snapshot).content(), MOST_LINKED);
  }

  /**
   * Takes away the directories that belong to none of these ids: left by removed snapshots and by
   * crashes. They are renamed, so that a new snapshot that gets the id of a failed one makes its
   * directory beside what is being deleted. To be called while no snapshot can be made.
   *
   * @return where they are now, for the caller to delete
   */
  List<Path> takeAllBut(Set<Long> ids) throws IOException {
    var orphans = new ArrayList<Path>();
    try (var entries = Files.newDirectoryStream(path)) {
      for (var entry : entries) {
        if (!isOneOf(ids, entry.getFileName().toString())) {
          orphans.add(entry);
        }
      }
    }
    var taken = new ArrayList<Path>();
    for (var orphan : orphans) {
      taken.add(isTaken(orphan) ? orphan : take(orphan));
    }
    return taken;
  }

  private static boolean isTaken(Path directory) {
    return directory.getFileName().toString().startsWith(TAKEN);
  }

  private Path take(Path orphan) throws IOException {
    return Files.move(orphan, path.resolve(TAKEN + UUID.randomUUID()));
  }

  /** Returns whether a name is one of these ids. */
  static boolean isOneOf(Set<Long> ids, String name) {
    try {
      return ids.contains(Long.parseLong(name));
    } catch (NumberFormatException _) {
      return false;
    }
  }
}
