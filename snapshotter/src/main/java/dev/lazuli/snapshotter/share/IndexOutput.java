package dev.lazuli.snapshotter.share;

import static java.util.Objects.requireNonNull;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.MediaTypes;
import dev.lazuli.registry.model.RegistryException;
import dev.lazuli.snapshotter.convert.Conversions;
import dev.lazuli.snapshotter.convert.ImagePlace;
import dev.lazuli.snapshotter.convert.ImageTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where the indexes of images go: a layout, a side repository, or beside the images. For one
 * thread.
 */
public final class IndexOutput {
  private final RegistryClient registry;
  private final Path scratch;
  private final Optional<Path> layout;
  private final Optional<ImageReference> repository;
  private final boolean refers;

  /** Blobs that are there already. */
  private final Set<Digest> added = new HashSet<>();

  private IndexOutput(
      RegistryClient registry,
      Path scratch,
      Optional<Path> layout,
      Optional<ImageReference> repository,
      boolean refers) {
    this.registry = registry;
    this.scratch = scratch;
    this.layout = layout;
    this.repository = repository;
    this.refers = refers;
  }

  /**
   * Writes to an OCI layout, under the tags that a side repository has.
   *
   * @param registry stays the caller's
   */
  public static IndexOutput layout(RegistryClient registry, Path directory, Path scratch) {
    return new IndexOutput(
        registry, scratch, Optional.of(directory), Optional.empty(), /* refers= */ false);
  }

  /**
   * Writes to a side repository.
   *
   * @param registry stays the caller's
   */
  public static IndexOutput side(RegistryClient registry, ImageReference repository, Path scratch) {
    return new IndexOutput(
        registry, scratch, Optional.empty(), Optional.of(repository), /* refers= */ false);
  }

  /**
   * Writes beside an image, as what refers to it.
   *
   * @param registry stays the caller's
   */
  public static IndexOutput beside(RegistryClient registry, ImageReference image, Path scratch) {
    return new IndexOutput(
        registry, scratch, Optional.empty(), Optional.of(image), /* refers= */ true);
  }

  /**
   * Writes the indexes of an image.
   *
   * @param image its manifest
   * @param indexes by the layers' digests, at least one
   * @param files of the indexes, by their own digests; they stay
   * @return where they are now
   */
  public String write(Descriptor image, Map<Digest, Descriptor> indexes, Map<Digest, Path> files)
      throws IOException {
    var target = target(image.digest());
    for (var index : indexes.values()) {
      if (added.add(index.digest())) {
        add(target, index, requireNonNull(files.get(index.digest())));
      }
    }
    target.add(Digest.sha256(IndexArtifact.EMPTY), IndexArtifact.EMPTY);
    byte[] manifest = IndexArtifact.manifest(image, indexes, refers);
    var descriptor =
        new Descriptor(MediaTypes.OCI_MANIFEST, Digest.sha256(manifest), manifest.length);
    if (!refers) {
      return target.publish(descriptor, manifest, "");
    }
    target.addManifest(descriptor, manifest);
    var at = repository.orElseThrow();
    if (!isListed(at, image, descriptor)) {
      new FallbackTag(registry, at, image.digest()).add(descriptor);
    }
    return at.withDigest(descriptor.digest()).toString();
  }

  private ImageTarget target(Digest image) throws IOException {
    var tag = IndexArtifact.tag(image);
    ImagePlace place =
        layout
            .<ImagePlace>map(directory -> new ImagePlace.Layout(directory, Optional.of(tag)))
            .orElseGet(
                () ->
                    new ImagePlace.Registry(
                        RegistryIndexes.tagged(repository.orElseThrow(), image)));
    return Conversions.target(place, () -> tag, registry, scratch);
  }

  private static void add(ImageTarget target, Descriptor index, Path from) throws IOException {
    var file = target.newFile();
    try {
      Files.copy(from, file, StandardCopyOption.REPLACE_EXISTING);
      target.add(index.digest(), index.size(), file);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  /** Returns whether the registry itself lists what was pushed as a referrer. */
  private boolean isListed(ImageReference at, Descriptor image, Descriptor artifact)
      throws IOException {
    try {
      return registry.referrers(at, image.digest(), IndexArtifact.TYPE).stream()
          .anyMatch(found -> found.digest().equals(artifact.digest()));
    } catch (RegistryException _) {
      return false; // Some registries do not know the question.
    }
  }
}
