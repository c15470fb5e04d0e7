package dev.lazuli.demo.images;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class OciLayoutTest {
  @TempDir Path directory;
  private OciLayout layout;

  @BeforeEach
  void create() throws Exception {
    layout = OciLayout.at(directory);
  }

  @ParameterizedTest
  @EnumSource(LayerEncoding.class)
  void layer_hasTheDigestsItClaims(LayerEncoding encoding) throws Exception {
    var layer = layout.addLayer(tree(encoding), encoding);
    var blob = Files.readAllBytes(layout.blob(layer.descriptor().digest()));
    var tar = uncompressed(encoding, layout.blob(layer.descriptor().digest()));

    assertThat(HashingStream.digest(blob)).isEqualTo(layer.descriptor().digest());
    assertThat(blob).hasSize((int) layer.descriptor().size());
    assertThat(HashingStream.digest(tar)).isEqualTo(layer.diffId());
    assertThat(tar).hasSize((int) layer.uncompressedSize());
    assertThat(layer.descriptor().mediaType()).isEqualTo(encoding.mediaType());
  }

  @ParameterizedTest
  @EnumSource(LayerEncoding.class)
  void sameTree_sameDigest(LayerEncoding encoding) throws Exception {
    var first = layout.addLayer(tree(encoding), encoding);
    var second = OciLayout.at(directory.resolve("other")).addLayer(tree(encoding), encoding);

    assertThat(second).isEqualTo(first);
  }

  @ParameterizedTest
  @EnumSource(names = {"ESTARGZ", "ZSTD_CHUNKED"})
  void lazyLayer_namesItsToc(LayerEncoding encoding) throws Exception {
    var image = new ImageBuilder(layout).encoding(encoding).layer(tree(encoding));

    var layers = layout.layers(image.build("lazy"));

    assertThat(layers).hasSize(1);
    assertThat(layers.getFirst().annotations())
        .containsKey("containerd.io/snapshot/stargz/toc.digest");
  }

  @Test
  void lazyLayerOfWhatNoTarHolds_failsWithTheReason() {
    var tree = new ImageTree().file("a", FileContent.generated(9_000_000, 1)).socket("run/s");

    assertThatThrownBy(() -> layout.addLayer(tree, LayerEncoding.ESTARGZ))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("run/s");
    assertThat(directory.toFile().list()).containsExactlyInAnyOrder("oci-layout", "blobs");
  }

  @Test
  void digests_areTheSameOnEveryMachine() throws Exception {
    assertThat(layout.addLayer(SampleTrees.everyKind(), LayerEncoding.PLAIN).diffId())
        .isEqualTo("sha256:939ea81dab90a5cfb4a4fb2760689cfa3023d9a5d293c9ac63fce56e42f8f567");
  }

  @Test
  void image_isListedByTag_andReplaced() throws Exception {
    var builder = new ImageBuilder(layout).layer(new ImageTree().file("a", "1"));
    var one = builder.build("one");
    builder.build("two");
    var two = builder.layer(new ImageTree().file("b", "2")).build("two");

    assertThat(layout.images().keySet()).containsExactly("one", "two");
    assertThat(digest("one")).isEqualTo(one.digest());
    assertThat(digest("two")).isEqualTo(two.digest());
    assertThat(layout.layers(two))
        .isEqualTo(builder.layers().stream().map(LayoutLayer::descriptor).toList());
  }

  @Test
  void config_holdsCommandEnvironmentAndDiffIds() throws Exception {
    var builder = new ImageBuilder(layout).layer(new ImageTree().file("a", "1"));
    var image = builder.config(ContainerDefaults.DEFAULT.withCommand("/a", "b")).build("1");
    var manifest = ImageJson.MAPPER.readTree(Files.readAllBytes(layout.blob(image.digest())));
    var digest = manifest.path("config").path("digest").asString();
    var config = Files.readString(layout.blob(digest), UTF_8);

    assertThat(config)
        .contains("\"Cmd\":[\"/a\",\"b\"]", "PATH=", builder.layers().getFirst().diffId());
  }

  @Test
  void hundredThousandEntries_inOneLayer() throws Exception {
    var tree = new ImageTree().directory("d");
    IntStream.range(0, 100_000).forEach(i -> tree.file("d/file-" + i, Integer.toString(i)));

    var layer = layout.addLayer(tree, LayerEncoding.GZIP);

    assertThat(layer.uncompressedSize()).isEqualTo(512 + 100_000 * 1024L + 1024);
  }

  @Test
  void fileOfHundredsOfMebibytes_takesNoHeapAndLittleDisk() throws Exception {
    var content = FileContent.generated(768L << 20, 3).compressible(4096);

    var layer = layout.addLayer(new ImageTree().file("big", content), LayerEncoding.ZSTD);

    assertThat(layer.uncompressedSize()).isGreaterThan(Runtime.getRuntime().maxMemory());
    assertThat(layer.descriptor().size()).isLessThan(4 << 20);
  }

  private static ImageTree tree(LayerEncoding encoding) {
    return switch (encoding) {
      case PLAIN, GZIP, ZSTD -> SampleTrees.everyKind();
      case ESTARGZ, ZSTD_CHUNKED -> SampleTrees.everyKindOfLazyLayers();
    };
  }

  private String digest(String tag) throws IOException {
    return Optional.ofNullable(layout.images().get(tag)).orElseThrow().digest();
  }

  private static byte[] uncompressed(LayerEncoding encoding, Path file) throws IOException {
    try (var in = open(encoding, Files.newInputStream(file))) {
      return in.readAllBytes();
    }
  }

  private static InputStream open(LayerEncoding encoding, InputStream in) throws IOException {
    return switch (encoding) {
      case PLAIN -> in;
      case GZIP, ESTARGZ -> new GZIPInputStream(in);
      case ZSTD, ZSTD_CHUNKED -> new ZstdInputStreamNoFinalizer(in);
    };
  }
}
