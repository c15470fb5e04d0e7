package dev.lazuli.snapshotter.convert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.demo.images.BlobDescriptor;
import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.digest.Digest;
import dev.lazuli.registry.model.Platform;
import dev.lazuli.testimages.registry.TestRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Conversion of indexes and media types, and where the result goes. */
final class ConvertedIndexTest extends ConversionRig {
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
