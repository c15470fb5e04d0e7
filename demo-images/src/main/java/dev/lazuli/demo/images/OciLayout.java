package dev.lazuli.demo.images;

import dev.lazuli.estargz.build.BuildOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A directory in the OCI image layout: {@code oci-layout}, {@code index.json} and {@code
 * blobs/sha256}. Used by one thread at a time; blobs, once there, never change.
 */
public final class OciLayout {
  /** The annotation that gives a manifest of the index its tag. */
  static final String REF_NAME = "org.opencontainers.image.ref.name";

  private static final String INDEX = "application/vnd.oci.image.index.v1+json";

  private final Path directory;

  private OciLayout(Path directory) {
    this.directory = directory;
  }

  /** Opens the layout in {@code directory}, and makes an empty one if there is none. */
  public static OciLayout at(Path directory) throws IOException {
    Files.createDirectories(directory.resolve("blobs/sha256"));
    var marker = directory.resolve("oci-layout");
    if (!Files.exists(marker)) {
      Files.writeString(marker, "{\"imageLayoutVersion\":\"1.0.0\"}");
    }
    return new OciLayout(directory);
  }

  /** Returns the layout's directory. */
  public Path directory() {
    return directory;
  }

  /**
   * Writes a layer blob. The same entries and encoding always give the same digest.
   *
   * @throws IOException if an entry cannot be part of a layer, or its content cannot be read
   */
  public LayoutLayer addLayer(Iterable<TreeEntry> entries, LayerEncoding encoding)
      throws IOException {
    return addLayer(file -> LayerWriter.write(entries, encoding, file));
  }

  /**
   * Writes a lazy layer as the options of the format's own builder say.
   *
   * @param options of a format whose TOC lies in the layer
   */
  public LayoutLayer addLazyLayer(Iterable<TreeEntry> entries, BuildOptions options)
      throws IOException {
    return addLayer(file -> LazyLayerWriter.write(entries, options, file));
  }

  private interface BlobWriter {
    LayoutLayer write(Path file) throws IOException;
  }

  private LayoutLayer addLayer(BlobWriter writer) throws IOException {
    var file = Files.createTempFile(directory, "layer", ".tmp");
    try {
      var layer = writer.write(file);
      Files.move(file, blob(layer.descriptor().digest()), StandardCopyOption.REPLACE_EXISTING);
      return layer;
    } finally {
      Files.deleteIfExists(file);
    }
  }

  /**
   * Writes configuration and manifest of an image for this machine's architecture, and lets {@code
   * tag} name it, in place of any image that had the tag.
   */
  public BlobDescriptor addImage(String tag, ContainerDefaults config, List<LayoutLayer> layers)
      throws IOException {
    var descriptor = addBlob(ImageDocuments.CONFIG, ImageDocuments.config(config, layers));
    var manifest = addBlob(ImageDocuments.MANIFEST, ImageDocuments.manifest(descriptor, layers));
    var index = index();
    var others = index.putArray("manifests");
    for (var entry : images().entrySet()) {
      if (!entry.getKey().equals(tag)) {
        others.add(tagged(entry.getKey(), entry.getValue()));
      }
    }
    others.add(tagged(tag, manifest));
    // At once: another process may read it.
    var part = Files.createTempFile(directory, "index", ".tmp");
    Files.write(part, ImageJson.bytes(index));
    Files.move(part, directory.resolve("index.json"), StandardCopyOption.REPLACE_EXISTING);
    return manifest;
  }

  /** Writes a blob that is held in memory. */
  public BlobDescriptor addBlob(String mediaType, byte[] bytes) throws IOException {
    var descriptor =
        new BlobDescriptor(mediaType, HashingStream.digest(bytes), bytes.length, Map.of());
    Files.write(blob(descriptor.digest()), bytes);
    return descriptor;
  }

  /** Returns the manifests that {@code index.json} lists, by tag. */
  public Map<String, BlobDescriptor> images() throws IOException {
    Map<String, BlobDescriptor> images = new LinkedHashMap<>();
    var file = directory.resolve("index.json");
    if (Files.exists(file)) {
      for (var item : ImageJson.MAPPER.readTree(Files.readAllBytes(file)).path("manifests")) {
        var tag = item.path("annotations").path(REF_NAME).asString("");
        images.put(tag, untagged(ImageDocuments.descriptor(item)));
      }
    }
    return images;
  }

  /** Returns the layers of an image, bottom first, as its manifest lists them. */
  public List<BlobDescriptor> layers(BlobDescriptor manifest) throws IOException {
    var json = ImageJson.MAPPER.readTree(Files.readAllBytes(blob(manifest.digest())));
    return json.path("layers").valueStream().map(ImageDocuments::descriptor).toList();
  }

  /** Returns the DiffIDs of an image's layers, bottom first, as its configuration lists them. */
  public List<String> diffIds(BlobDescriptor manifest) throws IOException {
    var json = ImageJson.MAPPER.readTree(Files.readAllBytes(blob(manifest.digest())));
    var config = blob(json.path("config").path("digest").asString());
    return ImageJson.MAPPER
        .readTree(Files.readAllBytes(config))
        .path("rootfs")
        .path("diff_ids")
        .valueStream()
        .map(JsonNode::asString)
        .toList();
  }

  /** Returns where the blob with this digest lies or would lie. */
  public Path blob(String digest) {
    return directory.resolve("blobs/" + digest.replace(':', '/'));
  }

  private static ObjectNode index() {
    return ImageJson.MAPPER.createObjectNode().put("schemaVersion", 2).put("mediaType", INDEX);
  }

  private static BlobDescriptor untagged(BlobDescriptor manifest) {
    Map<String, String> annotations = new LinkedHashMap<>(manifest.annotations());
    annotations.remove(REF_NAME);
    return manifest.withAnnotations(annotations);
  }

  private static JsonNode tagged(String tag, BlobDescriptor manifest) {
    Map<String, String> annotations = new LinkedHashMap<>(manifest.annotations());
    annotations.put(REF_NAME, tag);
    return ImageDocuments.json(manifest.withAnnotations(annotations));
  }
}
