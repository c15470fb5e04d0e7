package dev.lazuli.snapshotter.convert;

import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageManifest;
import dev.lazuli.registry.model.ManifestContent;
import java.util.List;

/** What of an image is to be converted: its documents as a tree. */
sealed interface Plan {
  /** Marks a manifest that BuildKit attaches to another of the same index. */
  String ATTESTATION = "vnd.docker.reference.type";

  /** The digest of that other manifest. */
  String ATTESTED_DIGEST = "vnd.docker.reference.digest";

  /** One platform's image, or an artifact. */
  record Image(ManifestContent document, ImageManifest image) implements Plan {
    /** Returns whether it is an artifact, which passes as it is. */
    boolean isArtifact() {
      return !LayerTypes.isImageConfig(image.config().mediaType());
    }
  }

  /** Several of them. */
  record Index(ManifestContent document, List<Child> children) implements Plan {}

  /** Something that an index lists and that is not a document we know. */
  record Blob(Descriptor descriptor) implements Plan {}

  /**
   * An entry of an index.
   *
   * @param place where it is among the index's entries, which may name one manifest several times
   */
  record Child(int place, Descriptor descriptor, Plan plan) {}

  static boolean isAttestation(Descriptor descriptor) {
    return descriptor.annotations().containsKey(ATTESTATION);
  }
}
