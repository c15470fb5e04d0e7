package dev.lazuli.snapshotter.layers.index;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.read.Annotations;
import dev.lazuli.registry.RegistryClient;
import dev.lazuli.registry.RegistryOptions;
import dev.lazuli.registry.model.ImageReference;
import dev.lazuli.registry.model.MediaTypes;
import dev.lazuli.testimages.registry.TestRegistry;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is remembered of images of tables of contents. */
final class ExternalTocsTest {
  private static final int MANY = 2000;
  private static final int IMAGES = 4;

  private TestRegistry registry;
  private RegistryClient client;

  @BeforeEach
  void start() throws IOException {
    registry = TestRegistry.start();
    client = new RegistryClient(RegistryOptions.builder().plainHttpHost(registry.host()).build());
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    registry.close();
  }

  private static Digest digest(int seed) {
    return Digest.sha256(ByteBuffer.allocate(4).putInt(seed).array());
  }

  private ImageReference image(int number) {
    return ImageReference.parse(registry.reference("app", "v" + number));
  }

  /** Pushes tables of so many layers beside an image. */
  private void push(int number, int layers) throws IOException {
    var json = new StringBuilder("{\"schemaVersion\":2,\"mediaType\":\"");
    json.append(MediaTypes.OCI_MANIFEST).append("\",\"config\":{\"mediaType\":\"\",\"digest\":\"");
    json.append(digest(-1)).append("\",\"size\":2},\"layers\":[");
    for (int layer = 0; layer < layers; layer++) {
      json.append(layer == 0 ? "" : ",").append("{\"mediaType\":\"\",\"digest\":\"");
      json.append(digest(layer)).append("\",\"size\":10,\"annotations\":{\"");
      json.append(Annotations.LAYER_DIGEST).append("\":\"").append(digest(MANY + layer));
      json.append("\"}}");
    }
    byte[] manifest = json.append("]}").toString().getBytes(UTF_8);
    var tag = "v" + number + Annotations.TOC_IMAGE_SUFFIX;
    var to = client.push(ImageReference.parse(registry.reference("app", tag)));
    assertThat(to.manifest(tag, MediaTypes.OCI_MANIFEST, manifest)).isNotNull();
  }

  private long asked() {
    return registry.counters().requests();
  }

  @Test
  void imageOfTables_isAskedForOnce() throws IOException {
    push(1, 2);
    var tocs = new ExternalTocs(client);
    registry.resetCounters();

    assertThat(tocs.find(image(1), digest(MANY)).orElseThrow().size()).isEqualTo(10);
    assertThat(tocs.find(image(1), digest(MANY + 1))).isPresent();
    assertThat(tocs.find(image(1), digest(7))).isEmpty();

    assertThat(asked()).isEqualTo(1);
  }

  @Test
  void imagesWithThousandsOfTables_areNotAllRemembered() throws IOException {
    var tocs = new ExternalTocs(client);
    for (int number = 0; number < IMAGES; number++) {
      push(number, MANY);
      assertThat(tocs.find(image(number), digest(MANY))).isPresent();
    }
    registry.resetCounters();

    Eventually.until(
        () -> {
          for (int number = 0; number < IMAGES; number++) {
            assertThat(tocs.find(image(number), digest(MANY))).isPresent();
          }
          return asked() > 0;
        });
  }
}
