package dev.lazuli.snapshotter.status;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.InstantSource;
import org.junit.jupiter.api.Test;

final class TroublesTest {
  private final Troubles troubles = new Troubles(InstantSource.system());

  @Test
  void whatTheConfigurationWants_doesNotPushOutWhatWentWrong() {
    troubles.failed(Trouble.Kind.LIE, "layer", "image", "first", "a lie");
    for (int i = 0; i < 200; i++) {
      troubles.failed(Trouble.Kind.POLICY, "layer", "image", "chain" + i, "lazy_from");
    }

    assertThat(troubles.list()).hasSize(100).last().extracting(Trouble::reason).isEqualTo("a lie");
    assertThat(troubles.list().getFirst().snapshot()).isEqualTo("chain199");
  }

  @Test
  void oldest_makesRoom_whereAllWentWrong() {
    for (int i = 0; i < 101; i++) {
      troubles.failed(Trouble.Kind.MOUNT, "layer", "image", "chain" + i, "reason");
    }

    assertThat(troubles.list())
        .hasSize(100)
        .last()
        .extracting(Trouble::snapshot)
        .isEqualTo("chain1");
  }
}
