package dev.lazuli.snapshotter.layers.index;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.digest.Digest;
import dev.lazuli.estargz.read.Annotations;
import dev.lazuli.estargz.read.TocTrust;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageManifest;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class KeptManifestTest {
  private static final Digest CONFIG = Digest.parse("sha256:" + "01".repeat(32));
  private static final Digest LAYER = Digest.parse("sha256:" + "02".repeat(32));
  private static final Digest MANIFEST = Digest.parse("sha256:" + "04".repeat(32));
  private static final Digest TOC = Digest.parse("sha256:" + "03".repeat(32));
  private static final String LONG = "x".repeat(1 << 20);

  private static Descriptor described(Digest digest, Map<String, String> annotations) {
    return new Descriptor(LONG, digest, 7, annotations, List.of(LONG), LONG, null);
  }

  private static KeptManifest kept(Map<String, String> annotations) {
    return KeptManifest.of(
        MANIFEST,
        new ImageManifest(
            LONG,
            described(CONFIG, Map.of("a", LONG)),
            List.of(described(LAYER, annotations)),
            Map.of("a", LONG),
            LONG,
            null));
  }

  @Test
  void manifest_isKeptWithoutWhatNobodyAsksFor() {
    var kept = kept(Map.of(Annotations.TOC_DIGEST, TOC.toString(), "other", LONG));

    assertThat(kept.config()).isEqualTo(new Descriptor("", CONFIG, 7));
    assertThat(kept.digests()).containsExactly(LAYER);
    assertThat(kept.layer(LAYER).orElseThrow().toc()).contains(new TocTrust.Json(TOC));
    assertThat(kept.toString()).hasSizeLessThan(1000);
    assertThat(kept.bytes()).isBetween(100, 1000);
  }

  @Test
  void layerOfAListedImage_isKeptWithoutWhatNobodyAsksFor() throws Exception {
    var annotations = Map.of(Annotations.TOC_DIGEST, TOC.toString(), "other", LONG);

    var kept = ListedImage.withoutText(described(LAYER, annotations));

    assertThat(kept.toString()).hasSizeLessThan(1000);
    assertThat(ListedImage.of(MANIFEST, List.of(kept), List.of(CONFIG)).layers())
        .singleElement()
        .satisfies(layer -> assertThat(layer.toc()).contains(new TocTrust.Json(TOC)));
  }

  @Test
  void annotationThatMakesNoSense_isKeptAsAShortProblem() {
    var layer = kept(Map.of(Annotations.TOC_DIGEST, LONG)).layer(LAYER).orElseThrow();

    assertThat(layer.toc()).isEmpty();
    assertThat(layer.problem()).isNotEmpty().hasSizeLessThan(1000);
  }
}
