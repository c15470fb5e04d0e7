package dev.lazuli.snapshotter.convert;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.build.BuiltLayer.ExternalToc;
import dev.lazuli.estargz.read.Annotations;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageManifest;
import dev.lazuli.registry.model.MediaTypes;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The image that holds the external TOCs of another: a layer for each of its layers, told apart by
 * an annotation, whatever the platform. stargz-snapshotter looks for it beside the image, under the
 * same tag with {@link Annotations#TOC_IMAGE_SUFFIX} behind it.
 */
final class TocImage {
  private static final String CONFIG = "application/vnd.oci.image.config.v1+json";
  private static final String LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";

  /** Writes the TOC image of these layers and returns its name; empty if none has such a TOC. */
  static Optional<String> write(List<ConvertedLayer> layers, ImageTarget target)
      throws IOException {
    var tocs = new TreeMap<String, Map.Entry<ExternalToc, Digest>>();
    for (var layer : layers) {
      layer
          .externalToc()
          .ifPresent(
              toc ->
                  tocs.put(
                      toc.digest() + " " + layer.result().digest(),
                      Map.entry(toc, layer.result().digest())));
    }
    if (tocs.isEmpty()) {
      return Optional.empty();
    }
    var config = Json.bytes("{}");
    target.add(Digest.sha256(config), config);
    var document = Json.MAPPER.createObjectNode().put("schemaVersion", 2);
    document.put("mediaType", MediaTypes.OCI_MANIFEST);
    document
        .putObject("config")
        .put("mediaType", CONFIG)
        .put("digest", Digest.sha256(config).toString())
        .put("size", config.length);
    var list = document.putArray("layers");
    for (var toc : tocs.values()) {
      var entry = list.addObject().put("mediaType", LAYER);
      entry.put("digest", toc.getKey().digest().toString()).put("size", toc.getKey().size());
      entry.putObject("annotations").put(Annotations.LAYER_DIGEST, toc.getValue().toString());
    }
    var bytes = Json.bytes(document);
    var descriptor = new Descriptor(MediaTypes.OCI_MANIFEST, Digest.sha256(bytes), bytes.length);
    return Optional.of(target.publish(descriptor, bytes, Annotations.TOC_IMAGE_SUFFIX));
  }

  /** Returns the TOC of a layer in a TOC image. */
  static Optional<Descriptor> find(ImageSource tocs, Digest layer) throws IOException {
    return tocs.root().manifest() instanceof ImageManifest image
        ? Optional.ofNullable(image.layersBy(Annotations.LAYER_DIGEST).get(layer))
        : Optional.empty();
  }

  private TocImage() {}
}
