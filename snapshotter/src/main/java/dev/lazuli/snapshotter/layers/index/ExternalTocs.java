package dev.lazuli.snapshotter.layers.index;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.read.Annotations;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageManifest;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.RegistryException;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Tables of contents that are not in their layers' blobs but in an image of their own, beside the
 * image and under its tag with something behind it. They are compared with the digest that the
 * image's manifest names, so it does not matter who has put them there. Thread-safe.
 */
public final class ExternalTocs {
  /** What is remembered of all images; a usual one takes a few kilobytes. */
  private static final long MOST_BYTES = 1 << 20;

  /** What an image takes beside its tables. */
  private static final int IMAGE_BYTES = 500;

  /** Both digests of a table, and the objects around them. */
  private static final int TOC_BYTES = 400;

  /** No tag is longer. */
  private static final int MOST_TAG = 128;

  private static final Duration REMEMBERED = Duration.ofMinutes(1);

  private final RegistryClient registry;
  private final Cache<ImageReference, Map<Digest, Descriptor>> images =
      Caffeine.newBuilder()
          .maximumWeight(MOST_BYTES)
          .weigher(
              (ImageReference image, Map<Digest, Descriptor> tocs) ->
                  IMAGE_BYTES + TOC_BYTES * tocs.size())
          .expireAfterWrite(REMEMBERED)
          .build();

  /**
   * Asks registries by a client, which stays the caller's.
   *
   * @param registry the client
   */
  public ExternalTocs(RegistryClient registry) {
    this.registry = registry;
  }

  /**
   * Returns the table of a layer.
   *
   * @return empty if there is none, or the image is named by its digest alone: its tables are only
   *     found by a tag
   * @throws IOException if the registry cannot say now
   */
  public Optional<BlobSource> find(ImageReference image, Digest layer) throws IOException {
    var tag = image.tag();
    if (tag == null || tag.length() + Annotations.TOC_IMAGE_SUFFIX.length() > MOST_TAG) {
      return Optional.empty();
    }
    var place =
        new ImageReference(
            image.registry(), image.repository(), tag + Annotations.TOC_IMAGE_SUFFIX, null);
    var tocs = images.getIfPresent(place);
    if (tocs == null) {
      tocs = ask(place);
      images.put(place, tocs);
    }
    return Optional.ofNullable(tocs.get(layer))
        .map(toc -> registry.blob(place, toc.digest(), toc.size()));
  }

  private Map<Digest, Descriptor> ask(ImageReference place) throws IOException {
    try {
      return registry.manifest(place).manifest() instanceof ImageManifest manifest
          ? manifest.layersBy(Annotations.LAYER_DIGEST)
          : Map.of();
    } catch (RegistryException e) {
      if (e.isNotFound() || e.isUnauthorized()) { // Some registries do not tell the difference.
        return Map.of();
      }
      throw e;
    }
  }
}
