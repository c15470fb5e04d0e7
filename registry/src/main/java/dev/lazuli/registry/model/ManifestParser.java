package dev.lazuli.registry.model;

import dev.lazuli.digest.Digest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Reads manifests and indexes. The document's own {@code mediaType} decides; umoci and skopeo leave
 * it out, then the Content-Type does, then the fields that are there.
 */
public final class ManifestParser {
  private ManifestParser() {}

  /**
   * Reads a document.
   *
   * @param contentType what the registry or the descriptor calls it; may be empty
   * @throws IOException if it is not a valid manifest or index
   */
  public static Manifest parse(byte[] document, String contentType) throws IOException {
    try {
      JsonValue root = JsonValue.parse(document);
      if (!root.isObject()) {
        throw new IOException("the manifest is not a JSON object");
      }
      return manifest(root, mediaType(root, contentType));
    } catch (IOException | IllegalArgumentException e) {
      throw new IOException(
          "the manifest cannot be understood: " + Text.clean("" + e.getMessage()), e);
    }
  }

  private static Manifest manifest(JsonValue root, String mediaType) throws IOException {
    if (MediaTypes.isIndex(mediaType)) {
      return new ImageIndex(mediaType, descriptors(root.at("manifests")), annotations(root));
    }
    if (MediaTypes.isManifest(mediaType)) {
      return new ImageManifest(
          mediaType,
          descriptor(root.at("config")),
          descriptors(root.at("layers")),
          annotations(root),
          text(root, "artifactType"),
          root.fields().containsKey("subject") ? descriptor(root.at("subject")) : null);
    }
    throw new IOException("not a manifest's media type: " + Text.quote(mediaType));
  }

  private static String mediaType(JsonValue root, String contentType) {
    String own = text(root, "mediaType");
    if (own != null) {
      return own;
    }
    String given = contentType.split(";", 2)[0].strip();
    if (MediaTypes.isIndex(given) || MediaTypes.isManifest(given)) {
      return given;
    }
    if (root.fields().containsKey("manifests")) {
      return MediaTypes.OCI_INDEX;
    }
    return root.fields().containsKey("layers") ? MediaTypes.OCI_MANIFEST : given;
  }

  private static List<Descriptor> descriptors(JsonValue array) throws IOException {
    var all = new ArrayList<Descriptor>();
    for (JsonValue node : array.elements()) {
      all.add(descriptor(node));
    }
    return all;
  }

  private static Descriptor descriptor(JsonValue node) throws IOException {
    String digest = text(node, "digest");
    OptionalLong size = node.at("size").number();
    if (digest == null || size.isEmpty()) {
      throw new IOException("a descriptor has no digest or no size");
    }
    String mediaType = text(node, "mediaType");
    return new Descriptor(
        mediaType == null ? "" : mediaType,
        Digest.parse(digest),
        size.getAsLong(),
        annotations(node),
        node.at("urls").texts(),
        text(node, "artifactType"),
        platform(node.at("platform")));
  }

  private static @Nullable Platform platform(JsonValue node) {
    String os = text(node, "os");
    String architecture = text(node, "architecture");
    return os == null || architecture == null
        ? null
        : new Platform(os, architecture, text(node, "variant"));
  }

  private static Map<String, String> annotations(JsonValue node) {
    var all = new LinkedHashMap<String, String>();
    for (var entry : node.at("annotations").fields().entrySet()) {
      var text = entry.getValue().text();
      if (text != null) {
        all.put(entry.getKey(), text);
      }
    }
    return all;
  }

  private static @Nullable String text(JsonValue node, String field) {
    return node.at(field).text();
  }
}
