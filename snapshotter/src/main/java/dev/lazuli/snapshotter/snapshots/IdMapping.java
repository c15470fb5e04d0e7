package dev.lazuli.snapshotter.snapshots;

import dev.lazuli.bridge.kernel.UserNamespace.IdRange;
import dev.lazuli.snapshotter.snapshots.SnapshotDirectories.Owner;
import dev.lazuli.snapshotter.snapshots.SnapshotException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How a container's user namespace translates ids, as containerd's labels have it: {@code
 * inside:outside:count}, several of them separated by commas.
 */
record IdMapping(List<IdRange> uids, List<IdRange> gids) {
  static final String UID_LABEL = "containerd.io/snapshot/uidmapping";
  static final String GID_LABEL = "containerd.io/snapshot/gidmapping";

  /** The kernel takes no more. */
  private static final int MOST_RANGES = 340;

  private static final int NUMBERS = 3;

  /** How much of a label an error shows. */
  private static final int SHOWN = 100;

  IdMapping {
    uids = List.copyOf(uids);
    gids = List.copyOf(gids);
  }

  /**
   * Returns the mapping that a snapshot's labels ask for, if they do.
   *
   * @throws SnapshotException if they make no sense
   */
  static Optional<IdMapping> of(Map<String, String> labels) throws SnapshotException {
    var uids = labels.getOrDefault(UID_LABEL, "");
    var gids = labels.getOrDefault(GID_LABEL, "");
    return uids.isEmpty() && gids.isEmpty()
        ? Optional.empty()
        : Optional.of(new IdMapping(ranges(UID_LABEL, uids), ranges(GID_LABEL, gids)));
  }

  private static List<IdRange> ranges(String label, String text) throws SnapshotException {
    var ranges = new ArrayList<IdRange>();
    try {
      for (var range : text.split(",", MOST_RANGES + 1)) {
        var numbers = range.split(":", -1);
        if (numbers.length != NUMBERS || ranges.size() == MOST_RANGES) {
          throw new IllegalArgumentException("not inside:outside:count");
        }
        ranges.add(
            new IdRange(
                Long.parseLong(numbers[0]),
                Long.parseLong(numbers[1]),
                Long.parseLong(numbers[2])));
      }
    } catch (IllegalArgumentException e) {
      throw new SnapshotException(
          Reason.INVALID_ARGUMENT,
          "label %s makes no sense: \"%s\" (%s)"
              .formatted(label, text.substring(0, Math.min(text.length(), SHOWN)), e.getMessage()),
          e);
    }
    return ranges;
  }

  /** Returns who an owner is on this machine; one that the container does not know stays. */
  Owner outside(Owner inside) {
    return new Owner(outside(uids, inside.uid()), outside(gids, inside.gid()));
  }

  private static int outside(List<IdRange> ranges, int id) {
    long wanted = Integer.toUnsignedLong(id);
    for (var range : ranges) {
      if (wanted >= range.inside() && wanted - range.inside() < range.count()) {
        return (int) (range.outside() + wanted - range.inside());
      }
    }
    return id;
  }
}
