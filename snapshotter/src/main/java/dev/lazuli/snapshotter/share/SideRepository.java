package dev.lazuli.snapshotter.share;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageManifest;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.ManifestContent;
import dev.lazuli.registry.model.MediaTypes;
import dev.lazuli.registry.model.Platform;
import dev.lazuli.registry.model.RegistryException;
import dev.lazuli.snapshotter.convert.BytesBlob;
import dev.lazuli.snapshotter.convert.Conversions;
import dev.lazuli.snapshotter.convert.FileBlob;
import dev.lazuli.snapshotter.convert.ImageLayers;
import dev.lazuli.snapshotter.convert.ImagePlace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A repository that has the indexes of many images' layers, and gets more of them.
 *
 * @param repository its tag and digest do not matter
 */
record SideRepository(RegistryClient registry, ImageReference repository) {
  /** A manifest of an image, and its layers. */
  record Listed(Descriptor manifest, List<Digest> layers) {}

  /**
   * Reads from an image's own registry which layers its manifest for this machine lists.
   *
   * @param exact the image, by the digest of its manifest or of an index that lists it
   */
  Listed listed(ImageReference exact) throws IOException {
    var image = Conversions.source(new ImagePlace.Registry(exact), registry);
    for (ManifestContent found : ImageLayers.manifests(image, List.of(Platform.current()))) {
      if (found.manifest() instanceof ImageManifest manifest) {
        var layers = manifest.layers().stream().map(Descriptor::digest).distinct().toList();
        return new Listed(found.descriptor(), layers);
      }
    }
    throw new IOException(exact + " has no image for " + Platform.current());
  }

  /**
   * Returns the indexes that are there of an image, by the digests of its layers.
   *
   * @throws IOException also if something else is there, which is not to be replaced
   */
  Map<Digest, Descriptor> indexes(Digest manifest) throws IOException {
    var place = RegistryIndexes.tagged(repository, manifest);
    try {
      if (registry.manifest(place).manifest() instanceof ImageManifest artifact) {
        var indexes = IndexArtifact.read(artifact, manifest);
        if (indexes.isPresent()) {
          return indexes.get();
        }
      }
      throw new IOException(place + " is not a list of indexes of that image");
    } catch (RegistryException e) {
      if (e.isNotFound()) {
        return Map.of();
      }
      throw e;
    }
  }

  /** Pushes an index, unless it is there. */
  void add(Descriptor index, Path file) throws IOException {
    var _ = registry.push(repository).blob(index.digest(), index.size(), new FileBlob(file), null);
  }

  /** Says which indexes an image has; all of them are there. */
  void publish(Descriptor manifest, Map<Digest, Descriptor> indexes) throws IOException {
    var to = registry.push(repository);
    var empty = new BytesBlob(IndexArtifact.EMPTY);
    var _ = to.blob(Digest.sha256(IndexArtifact.EMPTY), empty.size(), empty, null);
    byte[] artifact =
        IndexArtifact.manifest(manifest, new LinkedHashMap<>(indexes), /* refers= */ false);
    var _ = to.manifest(IndexArtifact.tag(manifest.digest()), MediaTypes.OCI_MANIFEST, artifact);
  }
}
