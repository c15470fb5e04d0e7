package dev.lazuli.testimages.images;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

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
  @EnumSource(LayerFormat.class)
  void layer_hasTheDigestsItClaims(LayerFormat format) throws Exception {
    var layer = layout.addLayer(SampleTrees.everyKind(), format);
    var blob = Files.readAllBytes(layout.blob(layer.descriptor().digest()));
    var tar = uncompressed(format, layout.blob(layer.descriptor().digest()));

    assertThat(HashingStream.digest(blob)).isEqualTo(layer.descriptor().digest());
    assertThat(blob).hasSize((int) layer.descriptor().size());
    assertThat(HashingStream.digest(tar)).isEqualTo(layer.diffId());
    assertThat(tar).hasSize((int) layer.uncompressedSize());
    assertThat(layer.descriptor().mediaType()).isEqualTo(format.mediaType());
  }

  @ParameterizedTest
  @EnumSource(LayerFormat.class)
  void sameTree_sameDigest(LayerFormat format) throws Exception {
    var first = layout.addLayer(SampleTrees.everyKind(), format);
    var second = OciLayout.at(directory.resolve("other")).addLayer(SampleTrees.everyKind(), format);

    assertThat(second).isEqualTo(first);
  }

  @Test
  void digests_areTheSameOnEveryMachine() throws Exception {
    assertThat(layout.addLayer(SampleTrees.everyKind(), LayerFormat.PLAIN).diffId())
        .isEqualTo("sha256:0d651106accbddeb85fe39f301bceae9bed0299cb1ff71a16d974ed9bbc21dfd");
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
        .isEqualTo(builder.layers().stream().map(Layer::descriptor).toList());
  }

  @Test
  void config_holdsCommandEnvironmentAndDiffIds() throws Exception {
    var builder = new ImageBuilder(layout).layer(new ImageTree().file("a", "1"));
    var image = builder.config(ImageConfig.DEFAULT.withCommand("/a", "b")).build("1");
    var manifest = Json.MAPPER.readTree(Files.readAllBytes(layout.blob(image.digest())));
    var digest = manifest.path("config").path("digest").asString();
    var config = Files.readString(layout.blob(digest), UTF_8);

    assertThat(config)
        .contains("\"Cmd\":[\"/a\",\"b\"]", "PATH=", builder.layers().getFirst().diffId());
  }

  @Test
  void hundredThousandEntries_inOneLayer() throws Exception {
    var tree = new ImageTree().directory("d");
    IntStream.range(0, 100_000).forEach(i -> tree.file("d/file-" + i, Integer.toString(i)));

    var layer = layout.addLayer(tree, LayerFormat.GZIP);

    assertThat(layer.uncompressedSize()).isEqualTo(512 + 100_000 * 1024L + 1024);
  }

  @Test
  void fileOfHundredsOfMebibytes_takesNoHeapAndLittleDisk() throws Exception {
    var content = FileContent.generated(768L << 20, 3).compressible(4096);

    var layer = layout.addLayer(new ImageTree().file("big", content), LayerFormat.ZSTD);

    assertThat(layer.uncompressedSize()).isGreaterThan(Runtime.getRuntime().maxMemory());
    assertThat(layer.descriptor().size()).isLessThan(4 << 20);
  }

  private String digest(String tag) throws IOException {
    return Optional.ofNullable(layout.images().get(tag)).orElseThrow().digest();
  }

  private static byte[] uncompressed(LayerFormat format, Path file) throws IOException {
    try (var in = open(format, Files.newInputStream(file))) {
      return in.readAllBytes();
    }
  }

  private static InputStream open(LayerFormat format, InputStream in) throws IOException {
    return switch (format) {
      case PLAIN -> in;
      case GZIP -> new GZIPInputStream(in);
      case ZSTD -> new ZstdInputStreamNoFinalizer(in);
    };
  }
}
