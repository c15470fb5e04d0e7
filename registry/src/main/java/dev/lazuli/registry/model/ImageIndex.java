package dev.lazuli.registry.model;

import static java.util.Objects.requireNonNull;

import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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

  /**
   * Returns the manifest that fits {@code platform} best, of equals the first: one for its variant,
   * then one for any variant, then for another that may run there, then one that names no platform.
   */
  public Optional<Descriptor> forPlatform(Platform platform) {
    return manifests.stream()
        .filter(m -> m.platform() == null || m.platform().runsOn(platform))
        .min(Comparator.comparingInt(m -> distance(m.platform(), platform)));
  }

  private static int distance(@Nullable Platform image, Platform machine) {
    if (image == null) {
      return 3;
    }
    if (Objects.equals(image.variant(), machine.variant())) {
      return 0;
    }
    return image.variant() == null ? 1 : 2;
  }
}
