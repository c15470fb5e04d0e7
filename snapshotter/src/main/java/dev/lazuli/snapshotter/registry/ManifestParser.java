package dev.lazuli.snapshotter.registry;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads manifests and indexes. The document's own {@code mediaType} decides; umoci and skopeo leave
 * it out, then the Content-Type does, then the fields that are there.
 */
final class ManifestParser {
  private ManifestParser() {}

  /**
   * Reads a document.
   *
   * @param contentType what the registry or the descriptor calls it; may be empty
   * @throws IOException if it is no manifest or index that makes sense
   */
  static Manifest parse(byte[] document, String contentType) throws IOException {
    try {
      JsonNode root = JsonMapper.shared().readTree(document);
      if (!root.isObject()) {
        throw new IOException("manifest is no JSON object");
      }
      return manifest(root, mediaType(root, contentType));
    } catch (JacksonException | IllegalArgumentException e) {
      throw new IOException("manifest makes no sense: " + Text.clean("" + e.getMessage()), e);
    }
  }

  private static Manifest manifest(JsonNode root, String mediaType) throws IOException {
    if (MediaTypes.isIndex(mediaType)) {
      return new ImageIndex(mediaType, descriptors(root.path("manifests")), annotations(root));
    }
    if (MediaTypes.isManifest(mediaType)) {
      return new ImageManifest(
          mediaType,
          descriptor(root.path("config")),
          descriptors(root.path("layers")),
          annotations(root),
          text(root, "artifactType"),
          root.has("subject") ? descriptor(root.path("subject")) : null);
    }
    throw new IOException("not a manifest's media type: " + Text.quote(mediaType));
  }

  private static String mediaType(JsonNode root, String contentType) {
    String own = text(root, "mediaType");
    if (own != null) {
      return own;
    }
    String given = contentType.split(";", 2)[0].strip();
    if (MediaTypes.isIndex(given) || MediaTypes.isManifest(given)) {
      return given;
    }
    if (root.has("manifests")) {
      return MediaTypes.OCI_INDEX;
    }
    return root.has("layers") ? MediaTypes.OCI_MANIFEST : given;
  }

  private static List<Descriptor> descriptors(JsonNode array) throws IOException {
    var all = new ArrayList<Descriptor>();
    for (JsonNode node : array) {
      all.add(descriptor(node));
    }
    return all;
  }

  private static Descriptor descriptor(JsonNode node) throws IOException {
    String digest = text(node, "digest");
    JsonNode size = node.path("size");
    if (digest == null || !size.isIntegralNumber() || !size.canConvertToLong()) {
      throw new IOException("descriptor without digest or size");
    }
    String mediaType = text(node, "mediaType");
    var urls = new ArrayList<String>();
    for (JsonNode url : node.path("urls")) {
      if (url.isString()) {
        urls.add(url.stringValue());
      }
    }
    return new Descriptor(
        mediaType == null ? "" : mediaType,
        Digest.parse(digest),
        size.longValue(),
        annotations(node),
        urls,
        text(node, "artifactType"),
        platform(node.path("platform")));
  }

  private static @Nullable Platform platform(JsonNode node) {
    String os = text(node, "os");
    String architecture = text(node, "architecture");
    return os == null || architecture == null
        ? null
        : new Platform(os, architecture, text(node, "variant"));
  }

  private static Map<String, String> annotations(JsonNode node) {
    var all = new LinkedHashMap<String, String>();
    for (var entry : node.path("annotations").properties()) {
      if (entry.getValue().isString()) {
        all.put(entry.getKey(), entry.getValue().stringValue());
      }
    }
    return all;
  }

  private static @Nullable String text(JsonNode node, String field) {
    JsonNode value = node.path(field);
    return value.isString() ? value.stringValue() : null;
  }
}
