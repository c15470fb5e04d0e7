package dev.lazuli.snapshotter.convert;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.images.ImageTree;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.snapshotter.convert.ConvertedLayer.How;
import java.io.IOException;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

/** What a conversion leaves to each place in manifests and indexes, and what follows the bytes. */
final class PlacesInDocumentsTest extends DocumentsRig {
  private static final String DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json";

  private static final String DOCKER_MANIFEST =
      "application/vnd.docker.distribution.manifest.v2+json";

  private static final String DOCKER_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip";

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
