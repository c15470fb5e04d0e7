package dev.lazuli.registry.model;

import static java.util.Objects.requireNonNull;

import dev.lazuli.digest.Digest;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One image: its configuration and its layers.
 *
 * @param mediaType OCI's or Docker's manifest type
 * @param config the configuration's descriptor
 * @param layers the layers' descriptors, lowest first
 * @param annotations the manifest's annotations
 * @param artifactType type of the artifact, where given
 * @param subject what this manifest refers to, where it is a referrer
 */
public record ImageManifest(
    String mediaType,
    Descriptor config,
    List<Descriptor> layers,
    Map<String, String> annotations,
    @Nullable String artifactType,
    @Nullable Descriptor subject)
    implements Manifest {
  /** Takes unmodifiable views of the collections. */
  public ImageManifest {
    requireNonNull(mediaType);
    requireNonNull(config);
    layers = List.copyOf(layers);
    annotations = Collections.unmodifiableMap(annotations);
  }

  /**
   * Returns those of the layers that say in an annotation which other layer they belong to, by that
   * layer's digest, {@linkplain Descriptor#withoutText() without text}. Of several for one layer
   * the first counts; what is not a digest is passed over.
   */
  public Map<Digest, Descriptor> layersBy(String annotation) {
    var byDigest = new HashMap<Digest, Descriptor>();
    for (var layer : layers) {
      var digest = layer.annotations().get(annotation);
      if (digest != null && Digest.isDigest(digest)) {
        byDigest.putIfAbsent(Digest.parse(digest), layer.withoutText());
      }
    }
    return byDigest;
  }
}
