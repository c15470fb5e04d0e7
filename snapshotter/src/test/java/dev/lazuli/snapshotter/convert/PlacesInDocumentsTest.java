package dev.lazuli.snapshotter.convert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.images.BlobDescriptor;
import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.demo.images.LayoutLayer;
import dev.lazuli.demo.images.OciLayout;
import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.registry.model.Platform;
import dev.lazuli.snapshotter.convert.ConvertedLayer.How;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What a conversion leaves to each place in manifests and indexes, and what follows the bytes. */
class PlacesInDocumentsTest {
  private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  private static final String INDEX = "application/vnd.oci.image.index.v1+json";
  private static final String CONFIG = "application/vnd.oci.image.config.v1+json";
  private static final String DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json";
  private static final String DOCKER_MANIFEST =
      "application/vnd.docker.distribution.manifest.v2+json";
  private static final String GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";
  private static final String DOCKER_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip";
  private static final BuildOptions FAST = BuildOptions.ESTARGZ.withLevel(1).withThreads(1);

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

  private LayoutLayer layer(String name) throws IOException {
    return source.addLayer(new ImageTree().file(name, name), LayerEncoding.GZIP);
  }

  private static String entry(String type, BlobDescriptor blob, String more) {
    return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d%s}"
        .formatted(type, blob.digest(), blob.size(), more);
  }

  private static String entry(LayoutLayer layer, String more) {
    return entry(GZIP, layer.descriptor(), more);
  }

  private static String annotated(String key, String value) {
    return ",\"annotations\":{\"" + key + "\":\"" + value + "\"}";
  }

  private static String platform(String architecture, String variant) {
    return ",\"platform\":{\"os\":\"linux\",\"architecture\":\"%s\"%s}"
        .formatted(architecture, variant.isEmpty() ? "" : ",\"variant\":\"" + variant + "\"");
  }

  private BlobDescriptor config(String type, LayoutLayer... layers) throws IOException {
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

  private BlobDescriptor manifest(String type, BlobDescriptor config, String more, String... layers)
      throws IOException {
    var json =
        "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":%s,\"layers\":[%s]%s}"
            .formatted(type, entry(config.mediaType(), config, ""), String.join(",", layers), more);
    return source.addBlob(type, Json.bytes(json));
  }

  private void index(String... entries) throws IOException {
    tag(
        source.addBlob(
            INDEX,
            Json.bytes(
                "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"manifests\":[%s]}"
                    .formatted(INDEX, String.join(",", entries)))));
  }

  private void tag(BlobDescriptor document) throws IOException {
    ImageLayout.open(source.directory())
        .tag(
            "1",
            new dev.lazuli.registry.model.Descriptor(
                document.mediaType(), Digest.parse(document.digest()), document.size()));
  }

  private ConvertedImage convert(BuildOptions build, boolean toOci, Platform... platforms)
      throws IOException {
    return Conversions.image(
        new ImagePlace.Layout(source.directory(), Optional.of("1")),
        new ImagePlace.Layout(target, Optional.empty()),
        new ConvertOptions(build, toOci, List.of(platforms), 2, folder),
        client,
        ConvertListener.NONE);
  }

  private JsonNode result(Object digest) throws IOException {
    return Json.object(
        Files.readAllBytes(target.resolve("blobs/" + digest.toString().replace(':', '/'))));
  }

  private JsonNode child(JsonNode index, int place) throws IOException {
    return result(index.path("manifests").get(place).path("digest").asString());
  }

  @Test
  void oneBlobInTwoPlaces_keepsWhatEachPlaceSaysOfIt() throws IOException {
    var shared = layer("x");
    tag(
        manifest(
            MANIFEST,
            config(CONFIG, shared, shared),
            "",
            entry(shared, annotated("title", "a") + ",\"urls\":[\"http://a\"],\"odd\":1"),
            entry(shared, annotated("title", "b"))));

    var image = convert(FAST, true);

    var layers = result(image.digest()).path("layers");
    assertThat(layers.get(0).path("annotations").path("title").asString()).isEqualTo("a");
    assertThat(layers.get(1).path("annotations").path("title").asString()).isEqualTo("b");
    assertThat(layers.get(0).path("odd").asInt()).isEqualTo(1);
    assertThat(layers.get(0).path("digest")).isEqualTo(layers.get(1).path("digest"));
    assertThat(layers.get(0).has("urls")).as("they lead to the old bytes").isFalse();
    assertThat(image.layers()).hasSize(1);
  }

  @Test
  void aLayerSharedByManifestsOfBothKinds_keepsTheTypeOfEach() throws IOException {
    var shared = layer("x");
    var oci = manifest(MANIFEST, config(CONFIG, shared), "", entry(shared, ""));
    var docker =
        manifest(
            DOCKER_MANIFEST,
            config(DOCKER_CONFIG, shared),
            "",
            entry(DOCKER_GZIP, shared.descriptor(), ""));
    index(
        entry(MANIFEST, oci, platform("amd64", "")),
        entry(DOCKER_MANIFEST, docker, platform("arm64", "")));

    var index = result(convert(FAST, false).digest());

    assertThat(child(index, 0).path("layers").get(0).path("mediaType").asString()).isEqualTo(GZIP);
    assertThat(child(index, 1).path("layers").get(0).path("mediaType").asString())
        .isEqualTo(DOCKER_GZIP);
  }

  @Test
  void aBlobThatIsForeignInOnePlace_isAnOrdinaryLayerInTheOther() throws IOException {
    var shared = layer("x");
    var foreign = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
    tag(
        manifest(
            MANIFEST,
            config(CONFIG, shared, shared),
            "",
            entry(foreign, shared.descriptor(), ",\"urls\":[\"http://a\"]"),
            entry(shared, "")));

    var image = convert(FAST, true);

    var layers = result(image.digest()).path("layers");
    assertThat(layers.get(0).path("mediaType").asString()).isEqualTo(foreign);
    assertThat(layers.get(0).path("digest").asString()).isEqualTo(shared.descriptor().digest());
    assertThat(layers.get(0).has("urls")).isTrue();
    assertThat(layers.get(1).path("mediaType").asString()).isEqualTo(GZIP);
    assertThat(layers.get(1).path("digest").asString()).isNotEqualTo(shared.descriptor().digest());
    var diffIds =
        result(result(image.digest()).path("config").path("digest").asString())
            .path("rootfs")
            .path("diff_ids");
    assertThat(diffIds.get(0).asString()).isEqualTo(shared.diffId());
    assertThat(diffIds.get(1).asString()).isNotEqualTo(shared.diffId());
  }

  @Test
  void aZstdChunkedLayer_staysWhereItIsAnnotated_andIsWrittenAnewWhereItIsNot() throws IOException {
    var lazy = source.addLayer(new ImageTree().file("x", "x"), LayerEncoding.ZSTD_CHUNKED);
    var type = lazy.descriptor().mediaType();
    var annotations = new ArrayList<String>();
    lazy.descriptor()
        .annotations()
        .forEach((key, value) -> annotations.add("\"" + key + "\":\"" + value + "\""));
    tag(
        manifest(
            MANIFEST,
            config(CONFIG, lazy, lazy),
            "",
            entry(type, lazy.descriptor(), ""),
            entry(
                type,
                lazy.descriptor(),
                ",\"annotations\":{" + String.join(",", annotations) + "}")));

    var image = convert(FAST.withFormat(LayerFormat.ZSTD_CHUNKED), true);

    assertThat(image.layers())
        .extracting(ConvertedLayer::how)
        .containsExactly(How.CONVERTED, How.KEPT);
    for (var layer : result(image.digest()).path("layers")) {
      assertThat(layer.path("annotations").has("containerd.io/snapshot/stargz/toc.digest"))
          .isTrue();
    }
  }

  @Test
  void oneManifestForTwoPlatforms_keepsBothEntries() throws IOException {
    var shared = layer("x");
    var manifest = manifest(MANIFEST, config(CONFIG, shared), "", entry(shared, ""));
    index(
        entry(MANIFEST, manifest, platform("arm", "v6") + annotated("note", "six")),
        entry(MANIFEST, manifest, platform("arm", "v7") + annotated("note", "seven")));

    var manifests = result(convert(FAST, true).digest()).path("manifests");

    assertThat(manifests).hasSize(2);
    assertThat(manifests.get(0).path("platform").path("variant").asString()).isEqualTo("v6");
    assertThat(manifests.get(1).path("platform").path("variant").asString()).isEqualTo("v7");
    assertThat(manifests.get(0).path("annotations").path("note").asString()).isEqualTo("six");
    assertThat(manifests.get(1).path("annotations").path("note").asString()).isEqualTo("seven");
    assertThat(manifests.get(0).path("digest")).isEqualTo(manifests.get(1).path("digest"));
  }

  @Test
  void oneManifestForTwoPlatforms_isTakenForTheOneThatIsWanted() throws IOException {
    var shared = layer("x");
    var manifest = manifest(MANIFEST, config(CONFIG, shared), "", entry(shared, ""));
    index(
        entry(MANIFEST, manifest, platform("amd64", "")),
        entry(MANIFEST, manifest, platform("arm64", "")));

    var index = result(convert(FAST, true, new Platform("linux", "arm64", null)).digest());

    assertThat(index.path("manifests")).hasSize(1);
    assertThat(index.path("manifests").get(0).path("platform").path("architecture").asString())
        .isEqualTo("arm64");
  }

  @Test
  void anArtifact_passesAsItIs_alsoBesideAnImage() throws IOException {
    var layer = layer("x");
    var image = manifest(MANIFEST, config(CONFIG, layer), "", entry(layer, ""));
    var text = source.addBlob("text/plain", Json.bytes("hello"));
    var empty = source.addBlob("application/vnd.oci.empty.v1+json", Json.bytes("{}"));
    var artifact =
        manifest(
            MANIFEST,
            empty,
            ",\"artifactType\":\"text/x\"",
            entry("application/vnd.oci.image.layer.v1.tar", text, annotated("title", "a.txt")),
            entry("text/plain", text, annotated("title", "b.txt")),
            entry(layer, annotated("title", "dir")));
    index(entry(MANIFEST, image, platform("amd64", "")), entry(MANIFEST, artifact, ""));

    var converted = convert(FAST, true);

    var manifests = result(converted.digest()).path("manifests");
    assertThat(manifests.get(0).path("digest").asString()).isNotEqualTo(image.digest());
    assertThat(manifests.get(1).path("digest").asString()).isEqualTo(artifact.digest());
    assertThat(target.resolve("blobs/" + text.digest().replace(':', '/'))).hasContent("hello");
    assertThat(target.resolve("blobs/" + layer.descriptor().digest().replace(':', '/'))).exists();
    assertThat(target.resolve("blobs/" + empty.digest().replace(':', '/'))).hasContent("{}");
  }

  @Test
  void whatIsAttachedToAnImage_followsItToItsNewDigest_whateverTheOrder() throws IOException {
    var layer = layer("x");
    var image = manifest(MANIFEST, config(CONFIG, layer), "", entry(layer, ""));
    var statement = source.addBlob("application/x", Json.bytes("{}"));
    var signature =
        manifest(MANIFEST, statement, subject(image), entry("application/x", statement, ""));
    var countersigned =
        manifest(MANIFEST, statement, subject(signature), entry("application/x", statement, ""));
    index(
        entry(MANIFEST, countersigned, ""),
        entry(MANIFEST, signature, ""),
        entry(MANIFEST, image, platform("amd64", "")));

    var index = result(convert(FAST, true).digest());

    var digests = index.path("manifests").valueStream().map(m -> m.path("digest")).toList();
    assertThat(child(index, 0).path("subject").path("digest")).isEqualTo(digests.get(1));
    assertThat(child(index, 1).path("subject").path("digest")).isEqualTo(digests.get(2));
    assertThat(child(index, 1).path("subject").path("size"))
        .isEqualTo(index.path("manifests").get(2).path("size"));
    assertThat(digests.get(2).asString()).isNotEqualTo(image.digest());
  }

  private static String subject(BlobDescriptor document) {
    return ",\"subject\":" + entry(MANIFEST, document, "");
  }

  @Test
  void whatIsAttachedToAnImageThatIsLeftOut_isLeftOutAsWell() throws IOException {
    var amd = layer("amd");
    var arm = layer("arm");
    var image = manifest(MANIFEST, config(CONFIG, amd), "", entry(amd, ""));
    var other = manifest(MANIFEST, config(CONFIG, arm), "", entry(arm, ""));
    var statement = source.addBlob("application/x", Json.bytes("{}"));
    var signature = manifest(MANIFEST, statement, subject(other));
    var countersigned = manifest(MANIFEST, statement, subject(signature));
    index(
        entry(MANIFEST, countersigned, ""),
        entry(MANIFEST, signature, ""),
        entry(MANIFEST, image, platform("amd64", "")),
        entry(MANIFEST, other, platform("arm64", "")));

    var converted = convert(FAST, true, new Platform("linux", "amd64", null));

    assertThat(result(converted.digest()).path("manifests")).hasSize(1);
    assertThat(converted.layers()).hasSize(1);
  }

  @Test
  void anIndexThatNamesItsPartsManyTimes_isReadOnce() throws IOException {
    var layer = layer("x");
    var document = manifest(MANIFEST, config(CONFIG, layer), "", entry(layer, ""));
    for (int depth = 0; depth < 3; depth++) {
      var type = document.mediaType();
      var entries = new ArrayList<String>();
      for (int i = 0; i < 1000; i++) {
        entries.add(entry(type, document, ""));
      }
      document =
          source.addBlob(
              INDEX,
              Json.bytes(
                  "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"manifests\":[%s]}"
                      .formatted(INDEX, String.join(",", entries))));
    }
    tag(document);

    assertThat(convert(FAST, true).layers()).hasSize(1);
  }

  @Test
  void aLayerThatCannotBeMounted_isWrittenAllTheSame_andItIsSaid() throws IOException {
    var odd =
        source.addLayer(
            new ImageTree().hardLink("link", "in-a-lower-layer").file("x", "x"),
            LayerEncoding.GZIP);
    var plain = layer("y");
    tag(manifest(MANIFEST, config(CONFIG, odd, plain), "", entry(odd, ""), entry(plain, "")));

    var image = convert(FAST, true);

    assertThat(image.layers().getFirst().warnings())
        .singleElement()
        .asString()
        .contains("pull it whole", "hard link target in-a-lower-layer");
    assertThat(image.layers().getLast().warnings()).isEmpty();
  }
}
