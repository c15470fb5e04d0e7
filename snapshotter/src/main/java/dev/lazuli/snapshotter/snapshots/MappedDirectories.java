package dev.lazuli.snapshotter.snapshots;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.lazuli.bridge.kernel.IdMappedMounts;
import dev.lazuli.bridge.kernel.UserNamespace;
import dev.lazuli.snapshotter.snapshots.SnapshotDirectories.Owner;
import dev.lazuli.snapshotter.snapshots.SnapshotException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What snapshots build on, mounted once more with the owners that a container's user namespace
 * gives its files: {@code mapped/<snapshot id>/<n>/<m>}. So a container with ids of its own starts
 * as lazily as any other. Safe for use by several threads.
 *
 * <p>containerd 2.x can make such mounts itself, but versions from 2.1 on mount the directory that
 * all lower directories have in common: without what is mounted below it, or with all of it, which
 * is every layer of the node. Those before 2.0 cannot. The mounts stay until the snapshot is
 * removed, since nobody says when overlayfs has taken them. They propagate to other mount
 * namespaces as those of layers do: a containerd that has one of its own sees them only so.
 */
final class MappedDirectories {
  private static final Logger log = LoggerFactory.getLogger(MappedDirectories.class);

  private static final String REMEDY =
      "; remove \"remap-ids\" from the capabilities of the snapshotter in containerd's"
          + " configuration, and containerd copies images for user namespaces instead";

  private static final String TAKEN = "rm-";

  /** A directory, and the file system that was mounted there. */
  private record Place(Path path, Object device) {
    static Place of(Path path) throws IOException {
      return new Place(path, Files.getAttribute(path, "unix:dev", NOFOLLOW_LINKS));
    }
  }

  private record Made(List<Place> sources, IdMapping mapping, List<Path> targets) {}

  private final Path root;

  @GuardedBy("this")
  private final Map<Long, Made> made = new HashMap<>();

  /** Works below a directory, which is made when it is needed. */
  MappedDirectories(Path root) {
    this.root = root;
  }

  /**
   * Returns the mapping by which a snapshot sees what it builds on. It is none where containerd has
   * copied the image for this mapping already, as it does for snapshotters of which it does not
   * know that they can {@code remap-ids}: such a copy's root belongs to the container's. It is none
   * for a layer that is being unpacked, too: other images share what comes of that, and the labels
   * may be annotations of this one.
   *
   * @throws SnapshotException if the labels make no sense
   */
  static Optional<IdMapping> mapping(Map<String, String> labels, Lower lower)
      throws SnapshotException {
    if (!labels.getOrDefault(Snapshot.TARGET_LABEL, "").isEmpty()) {
      return Optional.empty();
    }
    var owner = lower.owner();
    return IdMapping.of(labels)
        .filter(asked -> owner.equals(Owner.ROOT) || !owner.equals(asked.outside(Owner.ROOT)));
  }

  /** Returns to whom the root of a new snapshot belongs. */
  static Owner owner(Map<String, String> labels, Lower lower) throws SnapshotException {
    return mapping(labels, lower).map(asked -> asked.outside(lower.owner())).orElse(lower.owner());
  }

  /**
   * Returns what a snapshot builds on, with the owners that its labels ask for.
   *
   * @throws SnapshotException if the labels make no sense, or the kernel cannot do it
   */
  Lower shown(Snapshot snapshot, Lower lower) throws SnapshotException {
    var mapping = mapping(snapshot.labels(), lower);
    if (mapping.isEmpty() || lower.parts().isEmpty()) {
      return lower;
    }
    try {
      return lower.seenAt(targets(snapshot.id(), lower.paths(), mapping.get()));
    } catch (IOException e) {
      throw new SnapshotException(
          Reason.FAILED_PRECONDITION,
          "snapshot %s cannot have the owners of its user namespace: %s%s"
              .formatted(snapshot.name(), e.getMessage(), REMEDY),
          e);
    }
  }

  private synchronized List<Path> targets(long id, List<Path> paths, IdMapping mapping)
      throws IOException {
    var sources = new ArrayList<Place>();
    for (var path : paths) {
      sources.add(Place.of(path));
    }
    var earlier = made.get(id);
    if (earlier != null && earlier.sources.equals(sources) && earlier.mapping.equals(mapping)) {
      return earlier.targets;
    }
    // Whoever was given the earlier ones may yet mount them: they stay.
    var targets = mount(directory(id), paths, mapping);
    made.put(id, new Made(sources, mapping, targets));
    return targets;
  }

  private Path directory(long id) throws IOException {
    var own = root.resolve(Long.toString(id));
    Files.createDirectories(
        own, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    int next = 0;
    while (Files.exists(own.resolve(Integer.toString(next)), NOFOLLOW_LINKS)) {
      next++;
    }
    return Files.createDirectory(own.resolve(Integer.toString(next)));
  }

  private static List<Path> mount(Path directory, List<Path> sources, IdMapping mapping)
      throws IOException {
    var targets = new ArrayList<Path>();
    try (var owners = UserNamespace.of(mapping.uids(), mapping.gids())) {
      for (var source : sources) {
        var target = directory.resolve(Integer.toString(targets.size()));
        Files.createDirectory(target);
        targets.add(target);
        IdMappedMounts.mount(source, target, owners);
      }
      return List.copyOf(targets);
    } catch (IOException e) {
      unmount(directory);
      throw e;
    }
  }

  /**
   * Takes the directories of all other snapshots than these. They are renamed, so that a new
   * snapshot that gets the id of a failed one has its own beside what is being unmounted. No
   * snapshot may be made meanwhile.
   *
   * @return where they are now, for the caller to {@link #release}
   */
  synchronized List<Path> takeAllBut(Set<Long> ids) throws IOException {
    made.keySet().retainAll(ids);
    var taken = new ArrayList<Path>();
    if (!Files.isDirectory(root, NOFOLLOW_LINKS)) {
      return taken;
    }
    var orphans = new ArrayList<Path>();
    try (var entries = Files.newDirectoryStream(root)) {
      entries.forEach(orphans::add);
    }
    orphans.removeIf(entry -> SnapshotDirectories.isOneOf(ids, entry.getFileName().toString()));
    for (var orphan : orphans) {
      boolean isTaken = orphan.getFileName().toString().startsWith(TAKEN);
      taken.add(isTaken ? orphan : Files.move(orphan, freshName()));
    }
    return taken;
  }

  private Path freshName() {
    return root.resolve(TAKEN + UUID.randomUUID());
  }

  /** Unmounts and deletes what was taken; what cannot go is left to the next time. */
  static void release(Path snapshot) {
    try (var directories = Files.newDirectoryStream(snapshot)) {
      directories.forEach(MappedDirectories::unmount);
      Files.delete(snapshot);
    } catch (IOException e) {
      log.warn("mapped directories in {}: {}", snapshot, e.toString());
    }
  }

  /** Unmounts what lies in a directory, and deletes it; what cannot go is left to the next time. */
  private static void unmount(Path directory) {
    try (var targets = Files.newDirectoryStream(directory)) {
      for (var target : targets) {
        IdMappedMounts.unmount(target);
        Files.delete(target);
      }
      Files.delete(directory);
    } catch (IOException e) {
      log.warn("mapped directories in {}: {}", directory, e.toString());
    }
  }
}
