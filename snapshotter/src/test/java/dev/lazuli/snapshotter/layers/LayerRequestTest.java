package dev.lazuli.snapshotter.layers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class LayerRequestTest {
  private static final String DIGEST = "sha256:" + "1".repeat(64);
  private static final String OTHER = "sha256:" + "2".repeat(64);

  @Test
  void layerThatAnImageNamesForItself_isNotMounted() {
    var ofTheClient = remote("registry.example/mine:1", DIGEST);

    assertThatThrownBy(() -> both(ofTheClient, cri("registry.example/private:1", DIGEST)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("registry.example/private:1");
    assertThatThrownBy(() -> both(ofTheClient, cri("registry.example/mine:1", OTHER)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(OTHER);
  }

  @Test
  void bothSetsOfLabels_mayNameTheSameLayer() {
    var reference = "registry.example/mine:1";

    both(remote(reference, DIGEST), cri(reference, DIGEST));
  }

  @Test
  void eitherSetOfLabels_isEnough() {
    assertThat(LayerRequest.fromLabels(remote("registry.example/mine:1", DIGEST))).isPresent();
    assertThat(LayerRequest.fromLabels(cri("registry.example/mine:1", DIGEST))).isPresent();
    assertThat(LayerRequest.fromLabels(Map.of())).isEmpty();
  }

  private static void both(Map<String, String> one, Map<String, String> other) {
    var labels = new HashMap<>(one);
    labels.putAll(other);
    assertThat(LayerRequest.fromLabels(labels)).isPresent();
  }

  private static Map<String, String> cri(String reference, String digest) {
    return Map.of(
        "containerd.io/snapshot/cri.image-ref", reference,
        "containerd.io/snapshot/cri.layer-digest", digest);
  }

  private static Map<String, String> remote(String reference, String digest) {
    return Map.of(
        "containerd.io/snapshot/remote/stargz.reference", reference,
        "containerd.io/snapshot/remote/stargz.digest", digest);
  }
}
