package dev.lazuli.snapshotter.convert;

import dev.lazuli.estargz.BlobSource;
import dev.lazuli.estargz.read.Annotations;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ManifestContent;
import java.io.IOException;
import java.util.Optional;

/** An image in an OCI layout. */
record LayoutImage(ImageLayout layout, String tag) implements ImageSource {
  /**
   * Finds an image.
   *
   * @param tag its tag; empty for the layout's only image
   * @throws IOException if there is none, or several and no tag
   */
  static LayoutImage find(ImageLayout layout, Optional<String> tag) throws IOException {
    var tags = layout.images().keySet();
    if (tag.isPresent() ? !tags.contains(tag.get()) : tags.size() != 1) {
      throw new IOException(
          layout + " has no image " + tag.orElse("without a tag to choose it") + ", only " + tags);
    }
    return new LayoutImage(layout, tag.orElseGet(() -> tags.iterator().next()));
  }

  @Override
  public ManifestContent root() throws IOException {
    var descriptor = layout.images().get(tag);
    if (descriptor == null) {
      throw new IOException(layout + " has no image " + tag + " any longer");
    }
    return manifest(descriptor);
  }

  @Override
  public ManifestContent manifest(Descriptor descriptor) throws IOException {
    return ManifestContent.of(layout.content(descriptor), descriptor.mediaType());
  }

  @Override
  public byte[] content(Descriptor descriptor) throws IOException {
    return layout.content(descriptor);
  }

  @Override
  public BlobSource blob(Descriptor descriptor) throws IOException {
    return new FileBlob(layout.blob(descriptor));
  }

  @Override
  public Optional<ImageSource> externalTocs() throws IOException {
    var name = tag + Annotations.TOC_IMAGE_SUFFIX;
    return layout.images().containsKey(name)
        ? Optional.of(new LayoutImage(layout, name))
        : Optional.empty();
  }
}
