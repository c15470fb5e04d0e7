package dev.lazuli.snapshotter.convert;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.estargz.LayerFormat;
import dev.lazuli.estargz.Limits;
import dev.lazuli.estargz.build.BuildOptions;
import dev.lazuli.estargz.read.LayerInspector;
import dev.lazuli.snapshotter.convert.ConvertedLayer.How;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whole images from layout to layout and through a registry, looked at as a reader would. */
final class ImageConversionTest extends ConversionRig {
  private static final BuildOptions ZSTD = ESTARGZ.withFormat(LayerFormat.ZSTD_CHUNKED);

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
}
