package dev.lazuli.registry.model;

import static java.util.Objects.requireNonNull;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Several manifests under one name, mostly one for each platform.
 *
 * @param mediaType OCI's index or Docker's manifest list type
 * @param manifests the manifests' descriptors, in their order
 * @param annotations the index's annotations
 */
public record ImageIndex(
    String mediaType, List<Descriptor> manifests, Map<String, String> annotations)
    implements Manifest {
  /** Takes unmodifiable views of the collections. */
  public ImageIndex {
    requireNonNull(mediaType);
    manifests = List.copyOf(manifests);
    annotations = Collections.unmodifiableMap(annotations);
  }

  /** Returns the first manifest for {@code platform}; a manifest that names none fits any. */
  public Optional<Descriptor> forPlatform(Platform platform) {
    return manifests.stream()
        .filter(m -> m.platform() == null || m.platform().runsOn(platform))
        .findFirst();
  }
}
