package dev.lazuli.snapshotter.snapshots;

import static dev.lazuli.snapshotter.snapshots.SnapshotException.Reason.FAILED_PRECONDITION;
import static dev.lazuli.snapshotter.snapshots.SnapshotException.Reason.INVALID_ARGUMENT;

import dev.lazuli.snapshotter.layers.LayerRequest;
import dev.lazuli.snapshotter.layers.Usage;
import dev.lazuli.snapshotter.snapshots.Database.Maps;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * The snapshot tree, durable, with the rules of containerd's own: only committed snapshots have
 * children, one with children cannot be removed, a name is used once. Safe for use by several
 * threads.
 */
final class SnapshotStore implements AutoCloseable {
  /** What belongs to a change on disk; when it throws, the change is undone. */
  interface Step {
    void run(Snapshot snapshot, List<Snapshot> ancestors) throws IOException;
  }

  /** Work on all the ids in use. */
  interface IdFunction<T> {
    T apply(Set<Long> ids) throws IOException;
  }

  private final Database database;
  private final Clock clock;

  SnapshotStore(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  static SnapshotStore open(Path file, Clock clock) throws IOException {
    return new SnapshotStore(Database.open(file), clock);
  }

  /** Returns the snapshot of this name. */
  Snapshot get(String name) throws IOException {
    return database.read(maps -> require(maps, name));
  }

  Optional<Snapshot> find(String name) throws IOException {
    return database.read(maps -> lookUp(maps, name));
  }

  /** Returns the snapshot of this name and, nearest first, everything it builds on. */
  List<Snapshot> lineage(String name) throws IOException {
    return database.read(
        maps -> {
          var snapshot = require(maps, name);
          var lineage = new ArrayList<>(List.of(snapshot));
          lineage.addAll(ancestors(maps, snapshot.parent()));
          return lineage;
        });
  }

  /** Returns everything that matches, in the order of names, as it was at one moment. */
  List<Snapshot> list(Predicate<Snapshot> filter) throws IOException {
    return database.read(
        maps -> {
          var matches = new ArrayList<Snapshot>();
          var cursor = maps.snapshots().cursor(null);
          while (cursor.hasNext()) {
            var snapshot = SnapshotRecord.decode(cursor.next(), cursor.getValue());
            if (filter.test(snapshot)) {
              matches.add(snapshot);
            }
          }
          return matches;
        });
  }

  /** Returns what {@code work} makes of the ids in use, before any other change can happen. */
  <T> T withIds(IdFunction<T> work) throws IOException {
    return database.read(
        maps -> {
          var ids = new HashSet<Long>();
          var cursor = maps.snapshots().cursor(null);
          while (cursor.hasNext()) {
            ids.add(SnapshotRecord.decode(cursor.next(), cursor.getValue()).id());
          }
          return work.apply(ids);
        });
  }

  /** Adds a view or an active snapshot. */
  Snapshot create(
      SnapshotKind kind, String name, String parent, Map<String, String> labels, Step step)
      throws IOException {
    return insert(kind, name, parent, labels, Optional.empty(), step);
  }

  /** Adds a committed snapshot that is a mounted layer. */
  Snapshot createRemote(
      String name, String parent, Map<String, String> labels, LayerRequest layer, Step step)
      throws IOException {
    return insert(SnapshotKind.COMMITTED, name, parent, labels, Optional.of(layer), step);
  }

  private Snapshot insert(
      SnapshotKind kind,
      String name,
      String parent,
      Map<String, String> labels,
      Optional<LayerRequest> layer,
      Step step)
      throws IOException {
    return database.transact(
        maps -> {
          requireFree(maps, name);
          var ancestors = ancestors(maps, parent);
          if (!ancestors.isEmpty() && ancestors.getFirst().kind() != SnapshotKind.COMMITTED) {
            throw new SnapshotException(
                INVALID_ARGUMENT, "parent " + parent + " is not a committed snapshot");
          }
          var now = clock.instant();
          var snapshot =
              new Snapshot(nextId(maps), name, parent, kind, labels, now, now, Usage.NONE, layer);
          put(maps, snapshot);
          step.run(snapshot, ancestors);
          return snapshot;
        });
  }

  /**
   * Turns the active snapshot {@code key} into the committed one {@code name}; labels are replaced.
   *
   * @param parent what a snapshot without a parent is to build on from now on; may be empty
   */
  Snapshot commit(String name, String key, String parent, Map<String, String> labels, Usage usage)
      throws IOException {
    return database.transact(
        maps -> {
          requireFree(maps, name);
          var active = require(maps, key);
          if (active.kind() != SnapshotKind.ACTIVE) {
            throw new SnapshotException(FAILED_PRECONDITION, "snapshot " + key + " is not active");
          }
          drop(maps, active);
          var based = active.above(newParent(maps, active, parent));
          var committed = based.committed(name, labels, usage, clock.instant());
          put(maps, committed);
          return committed;
        });
  }

  /** As containerd's own store has it: a parent can be given late, but not be changed. */
  private static String newParent(Maps maps, Snapshot active, String wanted)
      throws SnapshotException {
    if (wanted.isEmpty() || wanted.equals(active.parent())) {
      return active.parent();
    }
    if (active.hasParent()) {
      throw new SnapshotException(
          INVALID_ARGUMENT,
          "snapshot %s builds on %s and cannot be committed above %s"
              .formatted(active.name(), active.parent(), wanted));
    }
    if (require(maps, wanted).kind() != SnapshotKind.COMMITTED) {
      throw new SnapshotException(
          FAILED_PRECONDITION, "parent " + wanted + " is not a committed snapshot");
    }
    return wanted;
  }

  Snapshot remove(String name) throws IOException {
    return database.transact(
        maps -> {
          var snapshot = require(maps, name);
          if (maps.hasChildren(snapshot.id())) {
            throw new SnapshotException(
                FAILED_PRECONDITION, "cannot remove snapshot " + name + ": it has children");
          }
          drop(maps, snapshot);
          return snapshot;
        });
  }

  /**
   * Takes the names from a snapshot and from all mounted layers that stand on it, and the labels by
   * which they are found, and says why. What clients made on them, under keys of their own, stays
   * where it is.
   *
   * @return those that were renamed, as they are now, from the bottom up
   */
  List<Snapshot> disown(String name, String reason) throws IOException {
    return database.transact(
        maps -> {
          var tree = withDescendants(maps, require(maps, name));
          for (var snapshot : tree.reversed()) {
            drop(maps, snapshot);
          }
          var now = clock.instant();
          var names = new HashMap<String, String>();
          var disowned = new ArrayList<Snapshot>();
          for (var snapshot : tree) {
            var moved = snapshot.above(names.getOrDefault(snapshot.parent(), snapshot.parent()));
            if (snapshot.isRemote() && snapshot.lie().isEmpty()) {
              moved = moved.disowned(reason, now);
              names.put(snapshot.name(), moved.name());
              disowned.add(moved);
            }
            put(maps, moved);
          }
          return disowned;
        });
  }

  /** Returns a snapshot and all that stand on it, parents first. */
  private static List<Snapshot> withDescendants(Maps maps, Snapshot root) throws IOException {
    var tree = new ArrayList<>(List.of(root));
    for (int i = 0; i < tree.size(); i++) {
      for (var child : maps.childrenOf(tree.get(i).id())) {
        tree.add(require(maps, child));
      }
    }
    return tree;
  }

  Snapshot updateLabels(String name, UnaryOperator<Map<String, String>> change) throws IOException {
    return database.transact(
        maps -> {
          var old = require(maps, name);
          var updated = old.withLabels(change.apply(old.labels()), clock.instant());
          put(maps, updated);
          return updated;
        });
  }

  private static List<Snapshot> ancestors(Maps maps, String parent) throws IOException {
    var ancestors = new ArrayList<Snapshot>();
    for (var name = parent; !name.isEmpty(); name = ancestors.getLast().parent()) {
      ancestors.add(require(maps, name));
    }
    return ancestors;
  }

  private static Optional<Snapshot> lookUp(Maps maps, String name) {
    var bytes = maps.snapshots().get(name);
    return bytes == null ? Optional.empty() : Optional.of(SnapshotRecord.decode(name, bytes));
  }

  private static Snapshot require(Maps maps, String name) throws SnapshotException {
    return lookUp(maps, name).orElseThrow(() -> SnapshotException.notFound(name));
  }

  private static void requireFree(Maps maps, String name) throws SnapshotException {
    if (name.isEmpty()) {
      throw new SnapshotException(INVALID_ARGUMENT, "a snapshot needs a name");
    }
    if (maps.snapshots().containsKey(name)) {
      throw SnapshotException.alreadyExists(name);
    }
  }

  private static void put(Maps maps, Snapshot snapshot) throws SnapshotException {
    maps.snapshots().put(snapshot.name(), SnapshotRecord.encode(snapshot));
    if (snapshot.hasParent()) {
      maps.children().put(childKey(maps, snapshot), new byte[0]);
    }
  }

  private static void drop(Maps maps, Snapshot snapshot) throws SnapshotException {
    maps.snapshots().remove(snapshot.name());
    if (snapshot.hasParent()) {
      maps.children().remove(childKey(maps, snapshot));
    }
  }

  private static String childKey(Maps maps, Snapshot snapshot) throws SnapshotException {
    return Maps.childKey(require(maps, snapshot.parent()).id(), snapshot.name());
  }

  private static long nextId(Maps maps) {
    long id = maps.counters().getOrDefault(Database.LAST_ID, 0L) + 1;
    maps.counters().put(Database.LAST_ID, id);
    return id;
  }

  @Override
  public void close() {
    database.close();
  }
}
