package dev.lazuli.snapshotter.soci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.model.Descriptor;
import dev.lazuli.registry.model.ImageManifest;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SociIndexesTest {
  private static final Digest LAYER = Digest.sha256(new byte[] {1});
  private static final Digest ZTOC = Digest.sha256(new byte[] {2});
  private static final long MIB = 1 << 20;

  @Test
  void index_isRememberedWithoutItsAnnotations() {
    var text = "x".repeat(1 << 20);
    var annotations = Map.of("com.amazon.soci.image-layer-digest", LAYER.toString(), "other", text);
    var ztoc = new Descriptor(text, ZTOC, 7, annotations, List.of(), null, null);
    var config = new Descriptor("", ZTOC, 2);

    var ztocs =
        SociIndexes.ztocs(new ImageManifest("", config, List.of(ztoc), Map.of(), null, null));

    assertThat(ztocs).isEqualTo(Map.of(LAYER, new Descriptor("", ZTOC, 7)));
  }

  @Test
  void ztoc_mayBeNoLargerThanItsLayer_norThanWhatTheDiskHasToSpare() {
    var ztoc = new Descriptor("", ZTOC, 100 * MIB);

    assertThatCode(() -> ZtocIndex.requireRoom(ztoc, 99 * MIB, 100 * MIB))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> ZtocIndex.requireRoom(ztoc, 98 * MIB, 100 * MIB))
        .hasMessageContaining("its layer");
    assertThatThrownBy(() -> ZtocIndex.requireRoom(ztoc, 99 * MIB, 100 * MIB - 1))
        .hasMessageContaining("cache's disk");
  }
}
