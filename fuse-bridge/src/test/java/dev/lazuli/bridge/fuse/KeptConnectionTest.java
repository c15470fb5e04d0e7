package dev.lazuli.bridge.fuse;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeptConnectionTest {
  @Test
  void name_saysEverything() {
    var kept = new KeptConnection("blobs", new Negotiated(45, 0x8000_0000_4000_0001L, 1 << 20));

    assertThat(kept.name()).isEqualTo("lazuli-fuse.blobs.45.8000000040000001.1048576");
    assertThat(KeptConnection.isKept(kept.name())).isTrue();
    assertThat(KeptConnection.parse(kept.name())).contains(kept);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "lazuli-fuse.blobs",
        "lazuli-fuse.blobs.45.xyz.1",
        "lazuli-fuse.blobs.45.1.1048576.new",
        "lazuli-fuse.blobs.45.1.9999999999",
        "other"
      })
  void nameOfAnotherVersion_saysNothing(String name) {
    assertThat(KeptConnection.parse(name)).isEmpty();
  }
}
