package dev.lazuli.snapshotter.convert;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.demo.images.BlobDescriptor;
import dev.lazuli.demo.images.FileContent;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.estargz.compare.LayerVerifier;
import dev.lazuli.estargz.compare.VerificationReport;
import dev.lazuli.estargz.read.LayerInspector;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.registry.model.Platform;
import dev.lazuli.snapshotter.convert.ConvertedLayer.How;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Whole images from layout to layout and through a registry, looked at as a reader would. */
class ImageConversionTest {
  private static final Platform HERE = Platform.current();
  private static final BuildOptions ESTARGZ =
      BuildOptions.ESTARGZ.withLevel(1).withThreads(2).withChunks(64 << 10, 0);
  private static final BuildOptions ZSTD = ESTARGZ.withFormat(LayerFormat.ZSTD_CHUNKED);

  @TempDir Path folder;
  private RegistryClient client;
  private OciLayout source;
  private Path target;

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

  private static ImageTree lower() {
    return new ImageTree()
        .directory("etc")
        .file("etc/hosts", "127.0.0.1 localhost\n")
        .file("big", FileContent.generated(1 << 20, 7))
        .hardLink("link", "big");
  }

  private static ImageTree upper() {
    return new ImageTree().file("etc/issue", "welcome\n").whiteout("big").symlink("s", "etc");
  }

  /** Three layers, the last of which is the first again. */
  private void build(LayerEncoding encoding) throws IOException {
    var _ =
        new ImageBuilder(source)
            .encoding(encoding)
            .layer(lower())
            .layer(upper())
            .layer(lower())
            .build("1");
  }

  private ConvertOptions options(BuildOptions build, Platform... platforms) {
    return new ConvertOptions(build, true, List.of(platforms), 2, folder);
  }

  private ConvertedImage convert(Path from, Path to, ConvertOptions options) throws IOException {
    return Conversions.image(
        new ImagePlace.Layout(from, Optional.of("1")),
        new ImagePlace.Layout(to, Optional.empty()),
        options,
        client,
        ConvertListener.NONE);
  }

  private ConvertedImage convert(BuildOptions build) throws IOException {
    return convert(source.directory(), target, options(build));
  }

  private List<ImageLayers.Found> layers(Path layout) throws IOException {
    var place = new ImagePlace.Layout(layout, Optional.of("1"));
    return ImageLayers.of(Conversions.source(place, client), HERE);
  }

  private static VerificationReport verify(ImageLayers.Found layer) throws IOException {
    try (var verifier = new LayerVerifier(Limits.DEFAULT)) {
      return verifier.verify(layer.request().orElseThrow());
    }
  }

  private static JsonNode json(Path layout, String digest) throws IOException {
    return Json.object(Files.readAllBytes(layout.resolve("blobs/" + digest.replace(':', '/'))));
  }

  /** Checks what makes an image good: every layer lazy, right, and as the configuration says. */
  private void assertGood(Path layout, String manifest, LayerFormat format) throws IOException {
    var config = json(layout, json(layout, manifest).path("config").path("digest").asString());
    var diffIds = config.path("rootfs").path("diff_ids").valueStream().toList();
    var layers = layers(layout);
    assertThat(diffIds).hasSameSizeAs(layers);
    for (int i = 0; i < layers.size(); i++) {
      assertThat(layers.get(i).trusted()).isTrue();
      var report = verify(layers.get(i));
      assertThat(report.problems()).isEmpty();
      assertThat(report.format()).isEqualTo(format);
      assertThat(report.blobDigest()).hasToString(layers.get(i).digest().toString());
      assertThat(report.diffId().orElseThrow()).hasToString(diffIds.get(i).asString());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"PLAIN", "GZIP", "ZSTD", "ZSTD_CHUNKED"})
  void anyImage_becomesEstargz(LayerEncoding encoding) throws IOException {
    build(encoding);

    var image = convert(ESTARGZ);

    assertThat(image.layers()).hasSize(2).allMatch(layer -> layer.how() == How.CONVERTED);
    assertGood(target, image.digest().toString(), LayerFormat.ESTARGZ);
  }

  @ParameterizedTest
  @EnumSource(names = {"GZIP", "ESTARGZ"})
  void anyImage_becomesZstdChunked(LayerEncoding encoding) throws IOException {
    build(encoding);

    var image = convert(ZSTD);

    assertGood(target, image.digest().toString(), LayerFormat.ZSTD_CHUNKED);
    var layer = json(target, image.digest().toString()).path("layers").get(0);
    assertThat(layer.path("mediaType").asString())
        .isEqualTo("application/vnd.oci.image.layer.v1.tar+zstd");
    assertThat(layer.path("annotations").propertyNames())
        .contains(
            "containerd.io/snapshot/stargz/toc.digest",
            "io.containers.zstd-chunked.manifest-position",
            "io.containers.zstd-chunked.manifest-checksum")
        .as("what Podman refuses beside the first")
        .noneMatch(name -> name.startsWith("io.github.containers"));
  }

  @Test
  void whatIsNotOurs_staysInConfigurationAndManifest() throws IOException {
    build(LayerEncoding.GZIP);
    var before = requireNonNull(source.images().get("1")).digest();

    var image = convert(ESTARGZ);

    var config = json(target, config(target, image.digest().toString()));
    var old = json(source.directory(), config(source.directory(), before));
    assertThat(config.path("history")).isEqualTo(old.path("history"));
    assertThat(config.path("config")).isEqualTo(old.path("config"));
    assertThat(config.propertyNames()).containsExactlyElementsOf(old.propertyNames());
  }

  private static String config(Path layout, String manifest) throws IOException {
    return json(layout, manifest).path("config").path("digest").asString();
  }

  @Test
  void threads_doNotChangeTheResult() throws IOException {
    build(LayerEncoding.GZIP);
    var one =
        convert(
            source.directory(),
            folder.resolve("one"),
            new ConvertOptions(ESTARGZ.withThreads(1), true, List.of(), 1, folder));
    var many =
        convert(
            source.directory(),
            folder.resolve("many"),
            new ConvertOptions(ESTARGZ.withThreads(5), true, List.of(), 3, folder));

    assertThat(many.digest()).isEqualTo(one.digest());
  }

  @ParameterizedTest
  @EnumSource(names = {"ESTARGZ", "ZSTD_CHUNKED"})
  void lazyImage_keepsItsDigest(LayerEncoding encoding) throws IOException {
    build(encoding);

    var image = convert(encoding == LayerEncoding.ESTARGZ ? ESTARGZ : ZSTD);

    assertThat(image.layers()).hasSize(2).allMatch(layer -> layer.how() == How.KEPT);
    assertThat(image.digest()).hasToString(requireNonNull(source.images().get("1")).digest());
  }

  @Test
  void lazyLayerWithoutAnnotations_getsItsTocDigestBack() throws IOException {
    var layer = source.addLayer(lower(), LayerEncoding.ESTARGZ);
    var bare = layer.descriptor().withAnnotations(Map.of());
    var _ =
        new ImageBuilder(source)
            .layer(
                new dev.lazuli.demo.images.LayoutLayer(
                    bare, layer.diffId(), layer.uncompressedSize()))
            .build("1");

    var image = convert(ESTARGZ);

    assertThat(image.layers().getFirst().how()).isEqualTo(How.KEPT);
    assertGood(target, image.digest().toString(), LayerFormat.ESTARGZ);
  }

  @Test
  void prioritisedFiles_leadTheLayersThatHaveThem() throws IOException {
    build(LayerEncoding.ESTARGZ);

    var _ = convert(ESTARGZ.withPrioritized(List.of("etc/issue"), true));

    try (var inspector = new LayerInspector(Limits.DEFAULT)) {
      var layers = layers(target);
      assertThat(inspector.describe(layers.get(1).request().orElseThrow()).prefetchEnd())
          .isPositive();
    }
  }

  @Test
  void externalToc_goesToAnImageBesideIt_andTheTarMayStay() throws IOException {
    build(LayerEncoding.GZIP);
    var before = requireNonNull(source.images().get("1")).digest();

    var image = convert(ESTARGZ.withFormat(LayerFormat.ESTARGZ_EXTERNAL_TOC).keepingDiffId());

    assertThat(image.tocImage()).hasValue(target + ":1-esgztoc");
    assertGood(target, image.digest().toString(), LayerFormat.ESTARGZ_EXTERNAL_TOC);
    assertThat(config(target, image.digest().toString()))
        .isEqualTo(config(source.directory(), before));
  }

  @Test
  void index_isConvertedForTheWantedPlatforms_withWhatSpeaksOfThem() throws IOException {
    index();

    var all = convert(source.directory(), folder.resolve("all"), options(ESTARGZ));
    var one =
        convert(source.directory(), target, options(ESTARGZ, new Platform("linux", "amd64", null)));

    var manifests = json(target, one.digest().toString()).path("manifests");
    assertThat(manifests).hasSize(2);
    assertThat(manifests.get(1).path("annotations").path(Plan.ATTESTED_DIGEST))
        .isEqualTo(manifests.get(0).path("digest"));
    assertThat(json(folder.resolve("all"), all.digest().toString()).path("manifests")).hasSize(3);
    assertThatThrownBy(
            () ->
                convert(
                    source.directory(),
                    target,
                    options(ESTARGZ, new Platform("plan9", "amd64", null))))
        .hasMessageContaining("none of the requested platforms");
  }

  @Test
  void indexWhoseOnlyFittingEntryNamesNoPlatform_isNotWrittenWithoutItsImage() throws IOException {
    var amd = new ImageBuilder(source).layer(lower()).build("amd");
    var other = new ImageBuilder(source).layer(upper()).build("other");
    index(
        entry(amd, ",\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}"),
        entry(other, ""));

    assertThatThrownBy(
            () ->
                convert(
                    source.directory(),
                    target,
                    options(ESTARGZ, new Platform("linux", "arm64", null))))
        .hasMessageContaining("none of the requested platforms");
  }

  /** An index of two platforms, and an attestation of the first, under the tag 1. */
  private void index() throws IOException {
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

  private void index(String... entries) throws IOException {
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

  private static String entry(BlobDescriptor manifest, String more) {
    return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d%s}"
        .formatted(manifest.mediaType(), manifest.digest(), manifest.size(), more);
  }

  @Test
  void dockerTypes_becomeOcis_unlessTheyAreToStay() throws IOException {
    var layer = source.addLayer(lower(), LayerEncoding.GZIP);
    var docker =
        new BlobDescriptor(
            "application/vnd.docker.image.rootfs.diff.tar.gzip",
            layer.descriptor().digest(),
            layer.descriptor().size(),
            Map.of());
    var _ =
        new ImageBuilder(source)
            .layer(
                new dev.lazuli.demo.images.LayoutLayer(
                    docker, layer.diffId(), layer.uncompressedSize()))
            .build("1");

    var oci = convert(ESTARGZ);
    var kept =
        convert(
            source.directory(),
            folder.resolve("kept"),
            new ConvertOptions(ESTARGZ, false, List.of(), 1, folder));

    assertThat(layerType(target, oci)).isEqualTo("application/vnd.oci.image.layer.v1.tar+gzip");
    assertThat(layerType(folder.resolve("kept"), kept)).isEqualTo(docker.mediaType());
  }

  private static String layerType(Path layout, ConvertedImage image) throws IOException {
    return json(layout, image.digest().toString())
        .path("layers")
        .get(0)
        .path("mediaType")
        .asString();
  }

  @Test
  void brokenLayer_isNamed_andNothingIsPublished() throws IOException {
    build(LayerEncoding.GZIP);
    var layer = source.layers(requireNonNull(source.images().get("1"))).get(1);
    var file = source.blob(layer.digest());
    var bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes, StandardOpenOption.TRUNCATE_EXISTING);

    assertThatThrownBy(() -> convert(ESTARGZ))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("layer " + layer.digest());

    assertThat(target.resolve("index.json")).doesNotExist();
    try (var left = Files.list(target)) {
      assertThat(left.filter(path -> path.toString().endsWith(".tmp"))).isEmpty();
    }
  }

  @Test
  void otherBytesThanTheManifestSays_areFoundInPlainTarsToo() throws IOException {
    build(LayerEncoding.PLAIN);
    var layer = source.layers(requireNonNull(source.images().get("1"))).get(1);
    var file = source.blob(layer.digest());
    var bytes = Files.readAllBytes(file);
    bytes[512] ^= 1; // in the content of the first file
    Files.write(file, bytes, StandardOpenOption.TRUNCATE_EXISTING);

    assertThatThrownBy(() -> convert(ESTARGZ))
        .hasMessageContaining("layer " + layer.digest())
        .hasMessageContaining("expected");
  }

  @Test
  void embeddedContent_goesWithTheDigestItHad() throws IOException {
    var image =
        new ImageBuilder(source).layer(source.addLayer(lower(), LayerEncoding.GZIP)).build("1");
    var manifest = Json.object(Files.readAllBytes(source.blob(image.digest())));
    ((ObjectNode) manifest.path("config")).put("data", "e30=");
    var bytes = Json.bytes(manifest);
    var layout = ImageLayout.open(source.directory());
    layout.add(Digest.sha256(bytes), bytes);
    layout.tag(
        "1",
        new dev.lazuli.registry.model.Descriptor(
            image.mediaType(), Digest.sha256(bytes), bytes.length));

    var converted = convert(ESTARGZ);

    assertThat(json(target, converted.digest().toString()).path("config").has("data")).isFalse();
  }

  @Test
  void configurationOfOtherLayers_isRefused() throws IOException {
    var lower = source.addLayer(lower(), LayerEncoding.GZIP);
    var image = new ImageBuilder(source).layer(lower).build("1");
    var manifest = json(source.directory(), image.digest());
    var twice = manifest.path("layers").get(0);
    ((ArrayNode) manifest.path("layers")).add(twice);
    var bytes = Json.bytes(manifest);
    var layout = ImageLayout.open(source.directory());
    layout.add(Digest.sha256(bytes), bytes);
    layout.tag(
        "1",
        new dev.lazuli.registry.model.Descriptor(
            image.mediaType(), Digest.sha256(bytes), bytes.length));

    assertThatThrownBy(() -> convert(ESTARGZ))
        .hasMessageContaining("does not have one DiffID for each of 2 layers");
  }

  @Test
  void throughARegistry_theResultIsTheSame() throws IOException {
    build(LayerEncoding.GZIP);
    var expected = convert(ESTARGZ);
    try (var registry = TestRegistry.start()) {
      registry.serve("plain", source);
      var from = ImagePlace.existing(registry.host() + "/plain:1");
      var to = ImagePlace.wanted(registry.host() + "/lazy:1", from);

      var image = Conversions.image(from, to, options(ESTARGZ), client, ConvertListener.NONE);

      assertThat(image.digest()).isEqualTo(expected.digest());
      assertThat(image.name()).isEqualTo(registry.host() + "/lazy:1");
      for (var layer : ImageLayers.of(Conversions.source(to, client), HERE)) {
        assertThat(verify(layer).problems()).isEmpty();
      }
      try (var left = Files.list(folder)) {
        assertThat(left.filter(path -> path.toString().endsWith(".blob"))).isEmpty();
      }
    }
  }

  @Test
  void aDigest_isNoNameForATarget() throws IOException {
    build(LayerEncoding.GZIP);
    var to =
        ImagePlace.wanted(
            "localhost:1/a@" + Digest.sha256(new byte[1]),
            new ImagePlace.Registry(dev.lazuli.registry.model.ImageReference.parse("a")));

    assertThatThrownBy(
            () ->
                Conversions.image(
                    new ImagePlace.Layout(source.directory(), Optional.of("1")),
                    to,
                    options(ESTARGZ),
                    client,
                    ConvertListener.NONE))
        .hasMessageContaining("under a tag");
  }
}
