package dev.lazuli.snapshotter.snapshots;

import dev.lazuli.snapshotter.layers.LayerEntry;
import dev.lazuli.snapshotter.layers.LayerEntry.Directory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A directory as overlayfs merges it from several layers: one for each layer that adds to it, the
 * nearest first, whose attributes are shown. Never empty.
 */
record MergedDirectory(List<Directory> layers) {
  /** A budget of look-ups for one purpose, which is given up when they run out. */
  static final class Budget {
    private int left;

    Budget(int lookUps) {
      this.left = lookUps;
    }

    private void take() throws IOException {
      if (--left < 0) {
        throw new IOException(
            "its directories without entries need too many lookups in the layers below");
      }
    }
  }

  Directory nearest() {
    return layers.getFirst();
  }

  /** Returns what is seen by a name if it is a directory. */
  Optional<MergedDirectory> child(String name, Budget budget) throws IOException {
    var found = new ArrayList<Directory>();
    for (var layer : layers) {
      budget.take();
      var entry = layer.child(name);
      if (entry == LayerEntry.Other.HIDING) {
        break;
      }
      if (entry instanceof Directory directory) {
        found.add(directory);
        if (directory.isOpaque()) {
          break;
        }
      }
    }
    return found.isEmpty() ? Optional.empty() : Optional.of(new MergedDirectory(found));
  }
}
