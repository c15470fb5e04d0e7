package dev.lazuli.snapshotter.soci;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.digest.Digest;
import dev.lazuli.registry.model.Descriptor;
import org.junit.jupiter.api.Test;

final class SociIndexesTest {
  private static final Digest ZTOC = Digest.sha256(new byte[] {2});
  private static final long MIB = 1 << 20;

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
