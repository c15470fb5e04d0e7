package dev.lazuli.snapshotter.convert;

import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.read.Annotations;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.ManifestContent;
import dev.lazuli.registry.model.RegistryException;
import java.io.IOException;
import java.util.Optional;

/** An image in a registry. */
record RegistryImage(RegistryClient client, ImageReference reference) implements ImageSource {
  @Override
  public ManifestContent root() throws IOException {
    return client.manifest(reference);
  }

  @Override
  public ManifestContent manifest(Descriptor descriptor) throws IOException {
    return client.manifest(reference, descriptor);
  }

  @Override
  public byte[] content(Descriptor descriptor) throws IOException {
    return client.content(reference, descriptor);
  }

  @Override
  public BlobSource blob(Descriptor descriptor) {
    return client.blob(reference, descriptor.digest(), descriptor.size());
  }

  @Override
  public Optional<ImageSource> externalTocs() throws IOException {
    if (reference.tag() == null) {
      return Optional.empty();
    }
    var tocs = new RegistryImage(client, suffixed(reference, Annotations.TOC_IMAGE_SUFFIX));
    try {
      var _ = client.resolve(tocs.reference());
      return Optional.of(tocs);
    } catch (RegistryException e) {
      if (e.isNotFound() || e.isUnauthorized()) { // some registries do not tell the difference
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Returns a reference with a longer tag and without a digest. */
  static ImageReference suffixed(ImageReference reference, String suffix) {
    return new ImageReference(
        reference.registry(), reference.repository(), reference.tag() + suffix, null);
  }
}
