package dev.lazuli.snapshotter.share;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.lazuli.digest.Digest;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageManifest;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.snapshotter.knowledge.FoundIndex;
import dev.lazuli.snapshotter.knowledge.IndexQuery;
import dev.lazuli.snapshotter.knowledge.IndexSource;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Indexes that are in a registry, as artifacts. A registry is asked once for each image; what it
 * said is remembered for a while, also that it has none or cannot say so. Thread-safe.
 */
public final class RegistryIndexes implements IndexSource {
  private static final Logger log = LoggerFactory.getLogger(RegistryIndexes.class);

  /** A few hundred bytes for each layer that has an index. */
  private static final int MOST_IMAGES = 64;

  private static final Duration REMEMBERED = Duration.ofMinutes(2);

  /** Where the indexes of an image are. */
  interface Lookup {
    /**
     * Returns the artifact of an image's indexes.
     *
     * @throws IOException if there is none, or the registry cannot say
     */
    ImageReference find(IndexQuery query) throws IOException;
  }

  /** The indexes of an image and where they are. */
  private record Known(ImageReference at, Map<Digest, Descriptor> indexes) {}

  /** An image as one repository has it. */
  private record Image(String repository, Digest manifest) {}

  private final String name;
  private final RegistryClient registry;
  private final Lookup lookup;
  private final Cache<Image, Optional<Known>> images =
      Caffeine.newBuilder().maximumSize(MOST_IMAGES).expireAfterWrite(REMEMBERED).build();
  private final Map<Image, ReentrantLock> asking = new ConcurrentHashMap<>();

  private RegistryIndexes(String name, RegistryClient registry, Lookup lookup) {
    this.name = name;
    this.registry = registry;
    this.lookup = lookup;
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
        "the side repository " + repository.name(),
        registry,
        query -> tagged(repository, query.manifest()));
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
    return new RegistryIndexes("referrers", registry, query -> referrer(registry, query));
  }

  private static ImageReference referrer(RegistryClient registry, IndexQuery query)
      throws IOException {
    var image = parse(query.reference());
    return registry.referrers(image, query.manifest(), IndexArtifact.TYPE).stream()
        .findFirst()
        .map(found -> image.withDigest(found.digest()))
        .orElseThrow(() -> new IOException("no referrer is an index"));
  }

  private static ImageReference parse(String reference) throws IOException {
    try {
      return ImageReference.parse(reference);
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
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
    return Optional.of(new RemoteIndex(query, index, blob));
  }

  /** One thread asks for an image, the others that want its indexes wait for what comes of it. */
  private Optional<Known> known(IndexQuery query) throws IOException, InterruptedException {
    var image = new Image(parse(query.reference()).name(), query.manifest());
    var lock = asking.computeIfAbsent(image, _ -> new ReentrantLock());
    lock.lockInterruptibly();
    try {
      var known = images.getIfPresent(image);
      if (known == null) {
        known = ask(query);
        images.put(image, known);
      }
      return known;
    } finally {
      lock.unlock();
      asking.remove(image, lock);
    }
  }

  private Optional<Known> ask(IndexQuery query) {
    try {
      var at = lookup.find(query);
      if (registry.manifest(at).manifest() instanceof ImageManifest manifest) {
        return IndexArtifact.read(manifest, query.manifest())
            .map(indexes -> new Known(at, indexes));
      }
    } catch (IOException | RuntimeException e) {
      log.debug("image {}: no indexes by {}: {}", query.manifest(), name, e.toString());
    }
    return Optional.empty();
  }
}
