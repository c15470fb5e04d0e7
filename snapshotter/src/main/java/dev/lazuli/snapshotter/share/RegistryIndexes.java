package dev.lazuli.snapshotter.share;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageManifest;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.knowledge.FoundIndex;
import dev.lazuli.snapshotter.knowledge.ImageAnswers;
import dev.lazuli.snapshotter.knowledge.IndexQuery;
import dev.lazuli.snapshotter.knowledge.IndexSource;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Indexes that are in a registry, as artifacts. A registry is asked once for each image; what it
 * said is remembered for a while, also that it has none or cannot say so. Thread-safe.
 */
public final class RegistryIndexes implements IndexSource {
  private static final Logger log = LoggerFactory.getLogger(RegistryIndexes.class);

  /** What is remembered of one on the heap: two digests, and the objects around them. */
  private static final int INDEX_BYTES = 500;

  private static final Duration REMEMBERED = Duration.ofMinutes(2);

  /** Where the indexes of an image are. */
  interface Lookup {
    /**
     * Returns the artifact of an image's indexes.
     *
     * @throws IOException if there is none, or the registry cannot say
     */
    ImageReference find(IndexQuery query) throws IOException;

    /** Returns the registry that is asked. */
    String registry(IndexQuery query) throws IOException;
  }

  /** One repository for all images. */
  private record Side(ImageReference repository) implements Lookup {
    @Override
    public ImageReference find(IndexQuery query) {
      return tagged(repository, query.manifest());
    }

    @Override
    public String registry(IndexQuery query) {
      return repository.registry();
    }
  }

  /** Each image's own repository. */
  private record Referrers(RegistryClient client) implements Lookup {
    @Override
    public ImageReference find(IndexQuery query) throws IOException {
      var image = ImageReference.require(query.reference());
      return client.referrers(image, query.manifest(), IndexArtifact.TYPE).stream()
          .findFirst()
          .map(found -> image.withDigest(found.digest()))
          .orElseThrow(() -> new IOException("no referrer is an index"));
    }

    @Override
    public String registry(IndexQuery query) throws IOException {
      return ImageReference.require(query.reference()).registry();
    }
  }

  /** The indexes of an image and where they are. */
  private record Known(ImageReference at, Map<Digest, Descriptor> indexes) {
    int bytes() {
      return INDEX_BYTES * (1 + indexes.size());
    }
  }

  private final String name;
  private final RegistryClient registry;
  private final Lookup lookup;
  private final ImageAnswers<Known> images;

  private RegistryIndexes(String name, RegistryClient registry, Lookup lookup) {
    this.name = name;
    this.registry = registry;
    this.lookup = lookup;
    this.images = new ImageAnswers<>(name, REMEMBERED, Known::bytes);
  }

  /**
   * Returns the indexes in a repository that holds those of many images, each under the digest of
   * its manifest. Who may write there is believed until the proof.
   *
   * @param repository its tag and digest do not matter
   * @param registry stays the caller's
   */
  public static IndexSource side(ImageReference repository, RegistryClient registry) {
    return new RegistryIndexes(
        "the side repository " + repository.name(), registry, new Side(repository));
  }

  static ImageReference tagged(ImageReference repository, Digest image) {
    return new ImageReference(
        repository.registry(), repository.repository(), IndexArtifact.tag(image), null);
  }

  /**
   * Returns the indexes that refer to images in their own repositories. Whoever may write to such a
   * repository is believed until the proof, also for images that are pulled by their digests.
   *
   * @param registry stays the caller's
   */
  public static IndexSource referrers(RegistryClient registry) {
    return new RegistryIndexes("referrers", registry, new Referrers(registry));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Optional<FoundIndex> find(IndexQuery query) throws IOException, InterruptedException {
    var known = known(query).orElse(null);
    var index = known == null ? null : known.indexes().get(query.layer());
    if (known == null || index == null) {
      return Optional.empty();
    }
    var blob = registry.blob(known.at(), index.digest(), index.size());
    return Optional.of(new RemoteIndex(query, known.at().registry(), index, blob));
  }

  /** That a registry has none is the usual case. */
  private Optional<Known> known(IndexQuery query) throws IOException, InterruptedException {
    var host = lookup.registry(query);
    try {
      return images.get(query, host, () -> ask(query));
    } catch (IOException | RuntimeException e) {
      log.debug("image {}: no indexes by {}: {}", query.manifest(), name, e.toString());
      return Optional.empty();
    }
  }

  private Optional<Known> ask(IndexQuery query) throws IOException {
    var at = lookup.find(query);
    return registry.manifest(at).manifest() instanceof ImageManifest manifest
        ? IndexArtifact.read(manifest, query.manifest()).map(indexes -> new Known(at, indexes))
        : Optional.empty();
  }
}
