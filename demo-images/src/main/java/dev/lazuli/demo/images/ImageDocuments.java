package dev.lazuli.demo.images;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The JSON documents of an image, byte for byte the same for the same image. */
final class ImageDocuments {
  static final String CONFIG = "application/vnd.oci.image.config.v1+json";
  static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";

  private ImageDocuments() {}

  static byte[] config(ContainerDefaults config, List<LayoutLayer> layers) {
    var json = ImageJson.MAPPER.createObjectNode();
    json.put("created", ImageTree.EPOCH.toString());
    json.put("architecture", architecture()).put("os", "linux");
    var container = json.putObject("config");
    config.environment().forEach(container.putArray("Env")::add);
    if (!config.entrypoint().isEmpty()) {
      config.entrypoint().forEach(container.putArray("Entrypoint")::add);
    }
    config.command().forEach(container.putArray("Cmd")::add);
    container.put("WorkingDir", config.workingDirectory());
    var rootfs = json.putObject("rootfs").put("type", "layers");
    layers.stream().map(LayoutLayer::diffId).forEach(rootfs.putArray("diff_ids")::add);
    var history = json.putArray("history");
    layers.forEach(_ -> history.addObject().put("created_by", "lazuli test-images"));
    return ImageJson.bytes(json);
  }

  static byte[] manifest(BlobDescriptor config, List<LayoutLayer> layers) {
    var json =
        ImageJson.MAPPER.createObjectNode().put("schemaVersion", 2).put("mediaType", MANIFEST);
    json.set("config", json(config));
    var list = json.putArray("layers");
    layers.forEach(layer -> list.add(json(layer.descriptor())));
    return ImageJson.bytes(json);
  }

  static ObjectNode json(BlobDescriptor descriptor) {
    var json = ImageJson.MAPPER.createObjectNode();
    json.put("mediaType", descriptor.mediaType());
    json.put("digest", descriptor.digest()).put("size", descriptor.size());
    if (!descriptor.annotations().isEmpty()) {
      new TreeMap<>(descriptor.annotations()).forEach(json.putObject("annotations")::put);
    }
    return json;
  }

  static BlobDescriptor descriptor(JsonNode json) {
    Map<String, String> annotations = new TreeMap<>();
    for (var entry : json.path("annotations").properties()) {
      annotations.put(entry.getKey(), entry.getValue().asString());
    }
    return new BlobDescriptor(
        json.path("mediaType").asString(""),
        json.path("digest").asString(),
        json.path("size").asLong(),
        annotations);
  }

  /** Returns this machine's architecture as Go names it. */
  private static String architecture() {
    var name = System.getProperty("os.arch");
    return switch (name) {
      case "x86_64" -> "amd64";
      case "aarch64" -> "arm64";
      default -> name;
    };
  }
}
