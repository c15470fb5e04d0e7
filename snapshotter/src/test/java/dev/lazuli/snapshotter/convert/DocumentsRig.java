package dev.lazuli.snapshotter.convert;

import dev.lazuli.demo.images.BlobDescriptor;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.registry.model.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Writes the documents of an image, and reads what conversion makes of them. */
abstract class DocumentsRig {
  static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";

  static final String INDEX = "application/vnd.oci.image.index.v1+json";

  static final String CONFIG = "application/vnd.oci.image.config.v1+json";

  static final String GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";

  static final BuildOptions FAST = BuildOptions.ESTARGZ.withLevel(1).withThreads(1);

  @TempDir Path folder;

  RegistryClient client;

  OciLayout source;

  Path target;

  @BeforeEach
  void start() throws IOException {
    client = new RegistryClient(RegistryOptions.builder().build());
    source = OciLayout.at(folder.resolve("source"));
    target = folder.resolve("target");
  }

  @AfterEach
  void stop() {
    client.close();
  }

  LayoutLayer layer(String name) throws IOException {
    return source.addLayer(new ImageTree().file(name, name), LayerEncoding.GZIP);
  }

  static String entry(String type, BlobDescriptor blob, String more) {
    return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d%s}"
        .formatted(type, blob.digest(), blob.size(), more);
  }

  static String entry(LayoutLayer layer, String more) {
    return entry(GZIP, layer.descriptor(), more);
  }

  static String annotated(String key, String value) {
    return ",\"annotations\":{\"" + key + "\":\"" + value + "\"}";
  }

  static String platform(String architecture, String variant) {
    return ",\"platform\":{\"os\":\"linux\",\"architecture\":\"%s\"%s}"
        .formatted(architecture, variant.isEmpty() ? "" : ",\"variant\":\"" + variant + "\"");
  }

  BlobDescriptor config(String type, LayoutLayer... layers) throws IOException {
    var diffIds = new ArrayList<String>();
    for (var layer : layers) {
      diffIds.add("\"" + layer.diffId() + "\"");
    }
    var json =
        "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":["
            + String.join(",", diffIds)
            + "]}}";
    return source.addBlob(type, Json.bytes(json));
  }

  BlobDescriptor manifest(String type, BlobDescriptor config, String more, String... layers)
      throws IOException {
    var json =
        "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":%s,\"layers\":[%s]%s}"
            .formatted(type, entry(config.mediaType(), config, ""), String.join(",", layers), more);
    return source.addBlob(type, Json.bytes(json));
  }

  void index(String... entries) throws IOException {
    tag(
        source.addBlob(
            INDEX,
            Json.bytes(
                "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"manifests\":[%s]}"
                    .formatted(INDEX, String.join(",", entries)))));
  }

  void tag(BlobDescriptor document) throws IOException {
    ImageLayout.open(source.directory())
        .tag(
            "1",
            new dev.lazuli.registry.model.Descriptor(
                document.mediaType(), Digest.parse(document.digest()), document.size()));
  }

  ConvertedImage convert(BuildOptions build, boolean toOci, Platform... platforms)
      throws IOException {
    return convert(
        source.directory(),
        target,
        new ConvertOptions(build, toOci, List.of(platforms), 2, folder));
  }

  ConvertedImage convert(Path from, Path to, ConvertOptions options) throws IOException {
    return Conversions.image(
        new ImagePlace.Layout(from, Optional.of("1")),
        new ImagePlace.Layout(to, Optional.empty()),
        options,
        client,
        ConvertListener.NONE);
  }

  JsonNode result(Object digest) throws IOException {
    return json(target, digest.toString());
  }

  static JsonNode json(Path layout, String digest) throws IOException {
    return Json.object(Files.readAllBytes(layout.resolve("blobs/" + digest.replace(':', '/'))));
  }

  JsonNode child(JsonNode index, int place) throws IOException {
    return result(index.path("manifests").get(place).path("digest").asString());
  }
}
