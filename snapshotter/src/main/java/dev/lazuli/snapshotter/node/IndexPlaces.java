package dev.lazuli.snapshotter.node;

import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.config.Configuration;
import dev.lazuli.snapshotter.knowledge.IndexSource;
import dev.lazuli.snapshotter.share.RegistryIndexes;
import dev.lazuli.snapshotter.soci.SociIndexes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Where this node looks for indexes of layers that it has never seen, as it is configured. */
final class IndexPlaces {
  private IndexPlaces() {}

  /**
   * Returns the places, the most trusted first.
   *
   * @param registry stays the caller's
   * @param scratch directory on a disk for what is being read
   * @throws IOException if the configuration names a repository that can be none
   */
  static List<IndexSource> of(Configuration.Indexes from, RegistryClient registry, Path scratch)
      throws IOException {
    var places = new ArrayList<IndexSource>();
    if (from.sideRepository().isPresent()) {
      places.add(RegistryIndexes.side(side(from.sideRepository().get()), registry));
    }
    if (from.referrers()) {
      places.add(RegistryIndexes.referrers(registry));
    }
    if (from.soci()) {
      places.add(new SociIndexes(registry, from.referrers(), scratch));
    }
    return places;
  }

  private static ImageReference side(String repository) throws IOException {
    try {
      return ImageReference.parse(repository);
    } catch (IllegalArgumentException e) {
      throw new IOException("indexes.side_repository: " + e.getMessage(), e);
    }
  }
}
