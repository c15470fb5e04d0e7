package dev.lazuli.snapshotter.node;

import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.config.Configuration;
import dev.lazuli.snapshotter.knowledge.IndexSource;
import dev.lazuli.snapshotter.share.RegistryIndexes;
import dev.lazuli.snapshotter.share.SidePublisher;
import dev.lazuli.snapshotter.soci.SociIndexes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Where this node looks for indexes of layers that it has never seen, as it is configured. */
public final class IndexPlaces {
  private IndexPlaces() {}

  /**
   * Returns the places, the most trusted first.
   *
   * @param registry stays the caller's
   * @param scratch directory on a disk for what is being read
   * @throws IOException if the configuration names a repository that can be none
   */
  public static List<IndexSource> of(
      Configuration.Indexes from, RegistryClient registry, Path scratch) throws IOException {
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

  /**
   * Returns who makes known what this node learns; empty if nobody is to, or nowhere.
   *
   * @param registry stays the caller's
   * @param rules what is published, and when
   */
  static Optional<SidePublisher> publisher(
      Configuration.Indexes from, RegistryClient registry, SidePublisher.Rules rules)
      throws IOException {
    if (from.publish().isEmpty() || from.sideRepository().isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(new SidePublisher(side(from.sideRepository().get()), registry, rules));
  }

  /** Returns what is said in the configuration and has no effect. */
  static Optional<String> warning(Configuration.Indexes from) {
    return from.publish().isEmpty() || from.sideRepository().isPresent()
        ? Optional.empty()
        : Optional.of(
            "indexes.publish names images, but no indexes.side_repository is set: no index is"
                + " published");
  }

  private static ImageReference side(String repository) throws IOException {
    try {
      return ImageReference.parse(repository);
    } catch (IllegalArgumentException e) {
      throw new IOException("indexes.side_repository: " + e.getMessage(), e);
    }
  }
}
