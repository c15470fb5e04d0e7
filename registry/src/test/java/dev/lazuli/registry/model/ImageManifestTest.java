package dev.lazuli.registry.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.digest.Digest;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ImageManifestTest {
  private static final String ANNOTATION = "test.layer";
  private static final Digest LAYER = Digest.sha256(new byte[] {1});
  private static final Digest INDEX = Digest.sha256(new byte[] {2});
  private static final Digest OTHER = Digest.sha256(new byte[] {3});

  private static Descriptor index(Digest digest, String layer) {
    var text = "x".repeat(1 << 20);
    var annotations = Map.of(ANNOTATION, layer, "other", text);
    return new Descriptor(text, digest, 7, annotations, List.of(text), text, null);
  }

  private static Map<Digest, Descriptor> byLayer(Descriptor... layers) {
    var config = new Descriptor("", OTHER, 2);
    return new ImageManifest("", config, List.of(layers), Map.of(), null, null)
        .layersBy(ANNOTATION);
  }

  @Test
  void layersByAnnotation_areWithoutText() {
    assertThat(byLayer(index(INDEX, LAYER.toString())))
        .isEqualTo(Map.of(LAYER, new Descriptor("", INDEX, 7)));
  }

  @Test
  void firstOfSeveralForALayer_counts() {
    assertThat(byLayer(index(INDEX, LAYER.toString()), index(OTHER, LAYER.toString())))
        .isEqualTo(Map.of(LAYER, new Descriptor("", INDEX, 7)));
  }

  @Test
  void layersThatNameNoDigest_arePassedOver() {
    assertThat(byLayer(index(INDEX, "sha256:short"), new Descriptor("", OTHER, 1))).isEmpty();
  }
}
