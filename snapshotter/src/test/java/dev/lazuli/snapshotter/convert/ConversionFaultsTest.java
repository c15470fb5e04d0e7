package dev.lazuli.snapshotter.convert;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.demo.images.ImageBuilder;
import dev.lazuli.demo.images.LayerEncoding;
import dev.lazuli.digest.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Images whose parts are broken, missing or not those that are named. */
final class ConversionFaultsTest extends ConversionRig {
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
}
