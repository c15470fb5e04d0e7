package dev.lazuli.snapshotter.soci;

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
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * SOCI's indexes. One of version 2 is named by an annotation of the image's manifest, so whoever
 * trusts the manifest trusts it. One of version 1 refers to the manifest, and anybody may have
 * pushed it who may push to the repository: those are looked for only if an operator wants it.
 *
 * @see <a
 *     href="https://github.com/awslabs/soci-snapshotter/blob/main/docs/soci-index-manifest-v2.md">SOCI
 *     index manifest v2</a>
 */
public final class SociIndexes implements IndexSource {
  private static final String TYPE_1 = "application/vnd.amazon.soci.index.v1+json";
  private static final String TYPE_2 = "application/vnd.amazon.soci.index.v2+json";
  private static final String LAYER_DIGEST = "com.amazon.soci.image-layer-digest";

  /** What is remembered of one on the heap: two digests, and the objects around them. */
  private static final int ZTOC_BYTES = 500;

  /** An image that was indexed since it was asked for last is pulled whole for so long. */
  private static final Duration REMEMBERED = Duration.ofMinutes(10);

  /** Ztocs that are read at the same time. */
  private static final int AT_ONCE = 2;

  private final RegistryClient registry;
  private final boolean referrers;
  private final Path scratch;
  private final Semaphore turns = new Semaphore(AT_ONCE);

  /** The ztocs of an image's layers. */
  private final ImageAnswers<Map<Digest, Descriptor>> images =
      new ImageAnswers<>("SOCI indexes", REMEMBERED, ztocs -> ZTOC_BYTES * ztocs.size());

  /**
   * Asks registries by a client, which stays the caller's.
   *
   * @param referrers whether to look for indexes of version 1
   * @param scratch directory on a disk for ztocs that are being read
   */
  public SociIndexes(RegistryClient registry, boolean referrers, Path scratch) {
    this.registry = registry;
    this.referrers = referrers;
    this.scratch = scratch;
  }

  @Override
  public String name() {
    return "SOCI";
  }

  @Override
  public Optional<FoundIndex> find(IndexQuery query) throws IOException, InterruptedException {
    var reference = ImageReference.require(query.reference());
    return images
        .get(
            query,
            reference.registry(),
            () -> index(reference, query).map(index -> index.layersBy(LAYER_DIGEST)))
        .flatMap(ztocs -> Optional.ofNullable(ztocs.get(query.layer())))
        .map(ztoc -> new ZtocIndex(query, reference, ztoc, registry, scratch, turns));
  }

  /** Returns the image's index, if it has one. */
  private Optional<ImageManifest> index(ImageReference reference, IndexQuery query)
      throws IOException {
    var named = query.soci().ask();
    if (named.isPresent()) {
      if (!Digest.isDigest(named.get())) {
        throw new IOException("what the image names as its SOCI index is not a digest");
      }
      var exact = reference.withDigest(Digest.parse(named.get()));
      return Optional.of(manifest(exact, TYPE_2));
    }
    if (!referrers) {
      return Optional.empty();
    }
    // Of several the registry's order decides; SOCI's own choice is undefined, too.
    var referring = registry.referrers(reference, query.manifest(), TYPE_1).stream().findFirst();
    if (referring.isEmpty()) {
      return Optional.empty();
    }
    var index = manifest(reference.withDigest(referring.get().digest()), TYPE_1);
    var subject = index.subject();
    if (subject == null || !subject.digest().equals(query.manifest())) {
      throw new IOException("index %s is another image's".formatted(referring.get().digest()));
    }
    return Optional.of(index);
  }

  private ImageManifest manifest(ImageReference exact, String type) throws IOException {
    if (registry.manifest(exact).manifest() instanceof ImageManifest manifest
        && manifest.config().mediaType().equals(type)) {
      return manifest;
    }
    throw new IOException(exact + " is not a " + type);
  }
}
