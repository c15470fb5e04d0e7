package dev.lazuli.snapshotter.snapshots;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.layers.LayerEntry;
import dev.lazuli.snapshotter.layers.RemoteLayer;
import dev.lazuli.snapshotter.snapshots.SnapshotDirectories.Owner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * What a snapshot builds on.
 *
 * @param parts nearest first, each only once
 * @param owner of the root that is seen through the snapshot
 */
record Lower(List<Part> parts, Owner owner) {
  /** One directory of an overlay. */
  sealed interface Part {
    /** Returns where it is mounted or lies from now on. */
    Path path();

    /** Returns its root, for looking things up. */
    LayerEntry.Directory root();

    /** Returns whether it is a mounted layer. */
    default boolean isMounted() {
      return false;
    }
  }

  /** A mounted layer. */
  private record Mounted(RemoteLayer layer) implements Part {
    @Override
    public Path path() {
      return layer.lowerDir();
    }

    @Override
    public LayerEntry.Directory root() {
      return layer.root();
    }

    @Override
    public boolean isMounted() {
      return true;
    }
  }

  /**
   * A directory on this machine.
   *
   * @param inherited whether it is an {@link InheritedTree} of a mounted layer
   */
  private record Unpacked(Path path, boolean inherited) implements Part {
    @Override
    public LayerEntry.Directory root() {
      return HostDirectory.of(path);
    }
  }

  /** Another part, mounted a second time. */
  private record Seen(Part part, Path path) implements Part {
    @Override
    public LayerEntry.Directory root() {
      return part.root();
    }

    @Override
    public boolean isMounted() {
      return part.isMounted();
    }
  }

  /**
   * Puts the directories of some snapshots together.
   *
   * <p>A layer that occurs several times counts where it is nearest: what its other occurrences
   * add, hide or make opaque it does again, later. Overlayfs refuses one directory twice. Of the
   * trees of inherited directories the nearest has what is seen of the others.
   *
   * @param lineage nearest first
   * @param layers of those that are remote, in their order
   */
  static Lower of(List<Snapshot> lineage, List<RemoteLayer> layers, SnapshotDirectories directories)
      throws IOException {
    var remote = layers.iterator();
    var digests = new HashSet<Digest>();
    var parts = new ArrayList<Part>();
    Optional<Path> inherited = Optional.empty();
    for (var snapshot : lineage) {
      if (!snapshot.isRemote()) {
        parts.add(new Unpacked(directories.of(snapshot).content(), false));
        continue;
      }
      if (inherited.isEmpty()) {
        inherited = directories.inherited(snapshot);
        inherited.ifPresent(path -> parts.add(new Unpacked(path, true)));
      }
      var layer = remote.next();
      if (digests.add(layer.digest())) {
        parts.add(new Mounted(layer));
      }
    }
    return new Lower(List.copyOf(parts), owner(lineage, directories));
  }

  /** No layer decides who owns the image's root: containerd ignores an entry for it. */
  private static Owner owner(List<Snapshot> lineage, SnapshotDirectories directories)
      throws IOException {
    return lineage.isEmpty() || lineage.getFirst().isRemote()
        ? Owner.ROOT
        : Owner.of(directories.of(lineage.getFirst()).content());
  }

  List<Path> paths() {
    return parts.stream().map(Part::path).toList();
  }

  /** Returns whether the nearest part is a mounted layer. */
  boolean isMounted() {
    return !parts.isEmpty() && parts.getFirst().isMounted();
  }

  /** Returns the same parts at other places, where they are mounted a second time. */
  Lower seenAt(List<Path> places) {
    var seen = new ArrayList<Part>();
    for (int i = 0; i < parts.size(); i++) {
      seen.add(new Seen(parts.get(i), places.get(i)));
    }
    return new Lower(List.copyOf(seen), owner);
  }

  List<LayerEntry.Directory> roots() {
    return parts.stream().map(Part::root).toList();
  }

  /** Returns the root of the tree of inherited directories, which is one of {@link #roots}. */
  Optional<LayerEntry.Directory> inherited() {
    return parts.stream()
        .filter(part -> part instanceof Unpacked unpacked && unpacked.inherited())
        .map(Part::root)
        .findFirst();
  }
}
