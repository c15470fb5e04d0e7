package dev.lazuli.snapshotter.convert;

import dev.lazuli.demo.images.BlobDescriptor;
import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.estargz.compare.LayerVerifier;
import dev.lazuli.estargz.compare.VerificationReport;
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

/** An image in a layout, and its conversion into another. */
abstract class ConversionRig {
  static final Platform HERE = Platform.current();

  static final BuildOptions ESTARGZ =
      BuildOptions.ESTARGZ.withLevel(1).withThreads(2).withChunks(64 << 10, 0);

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

  static ImageTree lower() {
    return new ImageTree()
        .directory("etc")
        .file("etc/hosts", "127.0.0.1 localhost\n")
        .file("big", FileContent.generated(1 << 20, 7))
        .hardLink("link", "big");
  }

  static ImageTree upper() {
    return new ImageTree().file("etc/issue", "welcome\n").whiteout("big").symlink("s", "etc");
  }

  /** Three layers, the last of which is the first again. */
  void build(LayerEncoding encoding) throws IOException {
    var _ =
        new ImageBuilder(source)
            .encoding(encoding)
            .layer(lower())
            .layer(upper())
            .layer(lower())
            .build("1");
  }

  ConvertOptions options(BuildOptions build, Platform... platforms) {
    return new ConvertOptions(build, true, List.of(platforms), 2, folder);
  }

  ConvertedImage convert(Path from, Path to, ConvertOptions options) throws IOException {
    return Conversions.image(
        new ImagePlace.Layout(from, Optional.of("1")),
        new ImagePlace.Layout(to, Optional.empty()),
        options,
        client,
        ConvertListener.NONE);
  }

  ConvertedImage convert(BuildOptions build) throws IOException {
    return convert(source.directory(), target, options(build));
  }

  List<ImageLayers.Found> layers(Path layout) throws IOException {
    var place = new ImagePlace.Layout(layout, Optional.of("1"));
    return ImageLayers.of(Conversions.source(place, client), HERE);
  }

  static VerificationReport verify(ImageLayers.Found layer) throws IOException {
    try (var verifier = new LayerVerifier(Limits.DEFAULT)) {
      return verifier.verify(layer.request().orElseThrow());
    }
  }

  static JsonNode json(Path layout, String digest) throws IOException {
    return Json.object(Files.readAllBytes(layout.resolve("blobs/" + digest.replace(':', '/'))));
  }

  static String config(Path layout, String manifest) throws IOException {
    return json(layout, manifest).path("config").path("digest").asString();
  }

  /** An index of two platforms, and an attestation of the first, under the tag 1. */
  void index() throws IOException {
    var amd = new ImageBuilder(source).layer(lower()).build("amd");
    var arm = new ImageBuilder(source).layer(upper()).build("arm");
    var statement = source.addBlob("application/vnd.in-toto+json", Json.bytes("{}"));
    var attestation =
        source.addBlob(
            "application/vnd.oci.image.manifest.v1+json",
            Json.bytes(
                """
                {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
                 "config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"%s","size":2},
                 "layers":[{"mediaType":"%s","digest":"%s","size":2}]}
                """
                    .formatted(statement.digest(), statement.mediaType(), statement.digest())));
    var entries = new ArrayList<String>();
    entries.add(entry(amd, ",\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}"));
    entries.add(entry(arm, ",\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\"}"));
    entries.add(
        entry(
            attestation,
            ",\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"},\"annotations\":{"
                + "\"vnd.docker.reference.type\":\"attestation-manifest\","
                + "\"vnd.docker.reference.digest\":\""
                + amd.digest()
                + "\"}"));
    index(entries.toArray(String[]::new));
  }

  void index(String... entries) throws IOException {
    var index =
        Json.bytes(
            "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\","
                + "\"manifests\":["
                + String.join(",", entries)
                + "]}");
    var layout = ImageLayout.open(source.directory());
    var descriptor =
        new dev.lazuli.registry.model.Descriptor(
            "application/vnd.oci.image.index.v1+json", Digest.sha256(index), index.length);
    layout.add(descriptor.digest(), index);
    layout.tag("1", descriptor);
  }

  static String entry(BlobDescriptor manifest, String more) {
    return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d%s}"
        .formatted(manifest.mediaType(), manifest.digest(), manifest.size(), more);
  }
}
