package dev.lazuli.snapshotter.convert;

import dev.lazuli.demo.images.BlobDescriptor;
import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.estargz.compare.LayerVerifier;
import dev.lazuli.estargz.compare.VerificationReport;
import dev.lazuli.registry.model.Platform;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** An image in a layout, and its conversion into another. */
abstract class ConversionRig extends DocumentsRig {
  static final Platform HERE = Platform.current();

  static final BuildOptions ESTARGZ =
      BuildOptions.ESTARGZ.withLevel(1).withThreads(2).withChunks(64 << 10, 0);

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
            MANIFEST,
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

  static String entry(BlobDescriptor manifest, String more) {
    return entry(manifest.mediaType(), manifest, more);
  }
}
