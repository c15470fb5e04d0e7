package dev.lazuli.snapshotter.podman;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.proof.BannedLayers;
import dev.lazuli.snapshotter.proof.Finding;
import dev.lazuli.snapshotter.status.Troubles;
import dev.lazuli.testimages.waiting.Eventually;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Layers that are not what their images say, in the store for Podman. */
final class PodmanTruthTest extends PodmanStoreRig {
  @Test
  void layerWithAnotherDiffId_isShownToNobody_butReleased() throws Exception {
    assertThatThrownBy(() -> store.find(image("lying"), TOC).get(1, TimeUnit.MINUTES))
        .hasMessageContaining("its image says " + DIFF_ID);
    assertThat(store.view(image("lying"), TOC)).isNull();
    use("lying");
    release("lying");

    assertThat(mounts.claims).hasValue(0);
  }

  @Test
  void usesOfALayer_areWrongAsLongAsAllAreKnownToBe() throws Exception {
    store.start(new Troubles(InstantSource.system()));
    assertThatThrownBy(() -> store.find(image("lying"), TOC).get(1, TimeUnit.MINUTES))
        .hasMessageContaining("its image says " + DIFF_ID);

    var uses = mounts.listeners.getFirst().uses(DIGEST);
    assertThat(uses.anyRight()).isFalse();
    assertThat(uses.lie().orElse("")).contains("its image says " + DIFF_ID);
    Eventually.until(() -> mounts.changes.get() == 1);

    find("a");
    assertThat(mounts.listeners.getFirst().uses(DIGEST).anyRight()).isTrue();
    giveUp();
    assertThat(mounts.listeners.getFirst().uses(DIGEST).lie()).isEmpty();
    assertThat(mounts.changes).hasValue(2);
  }

  /** Gives up what nobody uses: the next look-up mounts it again. */
  private void giveUp() {
    nanos.addAndGet(PodmanStore.UNUSED.toNanos());
    store.look();
    assertThat(mounts.claims).hasValue(0);
  }

  @Test
  void layerThatWasFoundToLie_isShownToNobodyAgain_alsoByTheNextDaemon() throws Exception {
    store.start(new Troubles(InstantSource.system()));
    find("a");
    mounts
        .listeners
        .getFirst()
        .found(DIGEST, new Finding(Optional.empty(), Optional.of("its files are others")));
    giveUp();

    assertThatThrownBy(() -> find("a")).hasMessageContaining("its files are others");
    assertThat(store.view(image("a"), TOC)).isNull();

    giveUp();
    store.close();
    open();
    assertThatThrownBy(() -> find("a")).hasMessageContaining("its files are others");
  }

  @Test
  void layerWithAnotherDiffId_isBannedForImagesThatNameTheFalseOne() throws Exception {
    store.start(new Troubles(InstantSource.system()));
    find("a");
    mounts.listeners.getFirst().found(DIGEST, new Finding(Optional.of(DIGEST), Optional.empty()));
    giveUp();

    assertThatThrownBy(() -> find("b")).hasMessageContaining("its image says " + DIFF_ID);
  }

  @Test
  void layerThatLiedToContainerd_isNotShownInTheStore() {
    var banned = new BannedLayers(directory.resolve("banned"));
    banned.ban(BannedLayers.layer(DIGEST, Optional.of(Digest.parse(TOC))), "it has lied");
    store.close();

    assertThatThrownBy(
            () -> {
              open();
              find("a");
            })
        .hasMessageContaining("it has lied");
  }
}
