package dev.lazuli.snapshotter.snapshots;

import dev.lazuli.snapshotter.layers.LayerEntry.Directory;
import dev.lazuli.snapshotter.layers.RemoteLayer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Mounted layers, one on top of the other, that are shown without a snapshot. */
public final class LayerStack {
  private final Path trees;

  /** Nearest first. */
  private final List<RemoteLayer> layers = new ArrayList<>();

  private Optional<Path> inherited = Optional.empty();

  /** How many layers lie above the tree of inherited directories. */
  private int above;

  private LayerStack(Path trees) {
    this.trees = trees;
  }

  /**
   * Returns the directories that an overlay has to name, nearest first.
   *
   * @param layers lowest first, each only once
   * @param trees an empty directory for directories whose attributes a layer leaves to those below
   *     it; what is made there is needed as long as the overlay, and the caller's to delete
   * @throws IOException if such attributes cannot be found; the message names the layer
   */
  public static List<Path> lower(List<RemoteLayer> layers, Path trees) throws IOException {
    var stack = new LayerStack(trees);
    for (var layer : layers) {
      stack.add(layer);
    }
    return stack.paths();
  }

  private void add(RemoteLayer layer) throws IOException {
    if (!layers.isEmpty() && layer.mayImplyDirectories()) {
      try {
        inherit(layer);
      } catch (IOException | IllegalStateException e) {
        throw new IOException(
            "layer %s: cannot take attributes of directories without entries from the layers below: %s"
                .formatted(layer.digest(), e.getMessage()),
            e);
      }
    }
    layers.addFirst(layer);
    above++;
  }

  private void inherit(RemoteLayer layer) throws IOException {
    var earlier = inherited.<Directory>map(HostDirectory::of);
    var found = InheritedDirectories.of(layer.root(), roots(earlier), earlier);
    if (!found.isEmpty()) {
      var tree = trees.resolve(Integer.toString(layers.size() + 1));
      InheritedTree.make(tree, found);
      inherited = Optional.of(tree);
      above = -1;
    }
  }

  private List<Directory> roots(Optional<Directory> tree) {
    var roots = new ArrayList<Directory>(layers.stream().map(RemoteLayer::root).toList());
    tree.ifPresent(root -> roots.add(above, root));
    return roots;
  }

  private List<Path> paths() {
    var paths = new ArrayList<>(layers.stream().map(RemoteLayer::lowerDir).toList());
    inherited.ifPresent(tree -> paths.add(above, tree));
    return paths;
  }
}
