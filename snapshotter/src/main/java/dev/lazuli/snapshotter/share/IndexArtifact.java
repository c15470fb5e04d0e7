package dev.lazuli.snapshotter.share;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageManifest;
import dev.lazuli.registry.model.MediaTypes;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The indexes of one image's layers as an OCI artifact: a manifest that lists a blob for each layer
 * that has an index.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/main/manifest.md">OCI image
 *     specification: guidelines for artifact usage</a>
 */
public final class IndexArtifact {
  /** The type of the artifact. */
  public static final String TYPE = "application/vnd.lazuli.index.v1";

  /** The media type of one layer's index. */
  public static final String BLOB_TYPE = "application/vnd.lazuli.index.layer.v1";

  /** Annotation of such a blob: digest of the layer. */
  static final String LAYER = "dev.lazuli.index.layer";

  /** Annotation of the artifact: digest of the image's manifest. */
  static final String MANIFEST = "dev.lazuli.index.manifest";

  /** The configuration that artifacts have that need none. */
  static final byte[] EMPTY = "{}".getBytes(UTF_8);

  private static final String EMPTY_TYPE = "application/vnd.oci.empty.v1+json";
  private static final JsonMapper JSON = new JsonMapper();

  private IndexArtifact() {}

  /**
   * Returns the artifact's manifest.
   *
   * @param image descriptor of the image's manifest
   * @param indexes of its layers, by the layers' digests
   * @param refers whether it refers to the image's manifest, beside which it is stored
   */
  static byte[] manifest(Descriptor image, Map<Digest, Descriptor> indexes, boolean refers) {
    var document = JSON.createObjectNode().put("schemaVersion", 2);
    document.put("mediaType", MediaTypes.OCI_MANIFEST).put("artifactType", TYPE);
    describe(
        document.putObject("config"),
        new Descriptor(EMPTY_TYPE, Digest.sha256(EMPTY), EMPTY.length));
    var layers = document.putArray("layers");
    indexes.forEach(
        (layer, index) -> {
          var entry = layers.addObject();
          describe(entry, index);
          entry.putObject("annotations").put(LAYER, layer.toString());
        });
    if (refers) {
      describe(document.putObject("subject"), image);
    }
    document.putObject("annotations").put(MANIFEST, image.digest().toString());
    return JSON.writeValueAsBytes(document);
  }

  /** Writes a descriptor. */
  static void describe(ObjectNode entry, Descriptor descriptor) {
    entry.put("mediaType", descriptor.mediaType());
    entry.put("digest", descriptor.digest().toString());
    entry.put("size", descriptor.size());
  }

  /**
   * Returns the indexes that a manifest lists, by the layers' digests; empty if it is not that of
   * such an artifact, or that of another image's.
   *
   * @param image digest of the image's manifest
   */
  static Optional<Map<Digest, Descriptor>> read(ImageManifest manifest, Digest image) {
    if (!TYPE.equals(manifest.artifactType())
        || !image.toString().equals(manifest.annotations().get(MANIFEST))) {
      return Optional.empty();
    }
    var indexes = new LinkedHashMap<Digest, Descriptor>();
    for (var index : manifest.layers()) {
      var layer = index.annotations().getOrDefault(LAYER, "");
      if (index.mediaType().equals(BLOB_TYPE) && Digest.isDigest(layer)) {
        // Without its annotations, which may be megabytes.
        indexes.putIfAbsent(
            Digest.parse(layer), new Descriptor(BLOB_TYPE, index.digest(), index.size()));
      }
    }
    return Optional.of(indexes);
  }

  /**
   * Returns the tag under which a side repository has the indexes of an image.
   *
   * @param image digest of the image's manifest
   */
  public static String tag(Digest image) {
    return image.algorithm() + "-" + image.hex();
  }
}
