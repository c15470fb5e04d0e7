package dev.lazuli.snapshotter.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.snapshotter.fetch.plan.LinkEstimate;
import org.junit.jupiter.api.Test;

class RegistryLinksTest {
  private static final long LEAST = 128 << 10;
  private static final long MILLISECOND = 1_000_000;

  private final RegistryLinks links = new RegistryLinks(new LinkEstimate(LEAST, 8 << 20));

  @Test
  void nextLayer_knowsWhatItsOwnRegistryHasShown() {
    learn("near.example", 1);
    learn("far.example", 200);

    assertThat(links.of("near.example").unit()).isEqualTo(LEAST);
    assertThat(links.of("far.example").unit()).isEqualTo(5_000_000);
  }

  @Test
  void unknownRegistry_beginsAnew() {
    learn("far.example", 200);

    assertThat(links.of("other.example").unit()).isEqualTo(LEAST);
  }

  @Test
  void manyRegistries_areForgottenAgain() {
    learn("far.example", 200);
    for (int i = 0; i < 100; i++) {
      learn(i + ".example", 1);
    }

    assertThat(links.of("far.example").unit()).isEqualTo(LEAST);
  }

  private void learn(String registry, long roundTripMillis) {
    var link = links.of(registry);
    link.firstByte(roundTripMillis * MILLISECOND);
    link.transferred(25_000_000, 1000 * MILLISECOND);
    links.learnt(registry, link);
  }
}
