package dev.lazuli.snapshotter.convert;

import dev.lazuli.estargz.BlobSource;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ManifestContent;
import java.io.IOException;
import java.util.Optional;

/** Where an image comes from. Documents are checked against their digests. Safe for any thread. */
public interface ImageSource {
  /** Returns the manifest or index that the image's name stands for. */
  ManifestContent root() throws IOException;

  /** Returns a manifest that an index of the image lists. */
  ManifestContent manifest(Descriptor descriptor) throws IOException;

  /** Returns a small blob whole, such as a configuration. */
  byte[] content(Descriptor descriptor) throws IOException;

  /** Returns a blob of any size; its bytes are not checked. */
  BlobSource blob(Descriptor descriptor) throws IOException;

  /** Returns the image of external TOCs that belongs to this one, if its name allows to tell. */
  Optional<ImageSource> externalTocs() throws IOException;
}
