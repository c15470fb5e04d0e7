package dev.lazuli.snapshotter.podman;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.snapshotter.metrics.Metrics;
import dev.lazuli.snapshotter.proof.BannedLayers;
import dev.lazuli.snapshotter.status.Troubles;
import dev.lazuli.testimages.waiting.Eventually;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** Mounts by a node that can be told to be slow, or to fail. */
final class PodmanStoreTest extends PodmanStoreRig {
  @Test
  void layer_isMountedOnce_untilItsLastUseIsTakenBack() throws Exception {
    find("a");
    use("a");
    use("a");
    find("a");
    assertThat(mounts.claims).hasValue(1);
    assertThat(store.counts()).containsEntry(DIGEST, 2);

    release("a");
    assertThat(mounts.claims).hasValue(1);
    release("a");
    assertThat(mounts.claims).hasValue(0);
    assertThat(store.view(image("a"), TOC)).isNull();
  }

  @Test
  void useOfALayerThatNobodyLookedFor_mountsIt() throws Exception {
    use("a");

    assertThat(mounts.claims).hasValue(1);
  }

  @Test
  void layerThatNobodyCameToUse_isGivenUp_andOneThatIsUsedIsNot() throws Exception {
    find("a");
    find("b");
    use("b");
    nanos.addAndGet(PodmanStore.UNUSED.toNanos() - 1);
    store.look();
    assertThat(mounts.claims).hasValue(2);

    nanos.addAndGet(1);
    store.look();

    assertThat(mounts.claims).hasValue(1);
    assertThat(store.view(image("a"), TOC)).isNull();
    assertThat(store.view(image("b"), TOC)).isNotNull();
  }

  @Test
  void lookupThatWaits_holdsUpNoOther() throws Exception {
    var waiting = store.find(image("slow"), TOC);

    find("a");
    use("a");
    release("a");

    assertThat(waiting).isNotDone();
    assertThat(store.view(image("slow"), TOC)).isNull();
    mounts.slow.countDown();
    waiting.get(1, TimeUnit.MINUTES);
  }

  @Test
  void lookup_hasADeadline_andOthersWaitOn() throws Exception {
    var hasty =
        new PodmanStore(
            mounts,
            new StoreImages(mounts, nanos::get),
            StoreUses.open(directory.resolve("other")),
            new BannedLayers(directory.resolve("banned")),
            new Metrics(),
            Duration.ofMillis(20),
            nanos::get);
    try (hasty) {
      assertThatThrownBy(() -> hasty.find(image("slow"), TOC).get(1, TimeUnit.MINUTES))
          .hasCauseInstanceOf(TimeoutException.class);
      mounts.slow.countDown();
      Eventually.until(() -> hasty.view(image("slow"), TOC) != null);
    }
  }

  @Test
  void callerWhoGivesUp_isTheOnlyOne() throws Exception {
    var first = store.find(image("slow"), TOC);
    var second = store.find(image("slow"), TOC);

    assertThat(first.cancel(false)).isTrue();
    mounts.slow.countDown();

    second.get(1, TimeUnit.MINUTES);
  }

  @Test
  void layersThatAreAskedForAndNotUsed_areBounded() throws Exception {
    for (int i = 0; i < HeldLayers.MOST_UNUSED; i++) {
      var _ = store.find(image("slow" + i), TOC);
    }

    assertThatThrownBy(() -> store.find(image("a"), TOC).get(1, TimeUnit.MINUTES))
        .hasMessageContaining("too many");
    mounts.slow.countDown();
    Eventually.asserted(() -> assertThat(mounts.claims).hasValue(HeldLayers.MOST_UNUSED));
    nanos.addAndGet(PodmanStore.UNUSED.toNanos());
    store.look();
    find("a");
  }

  @Test
  void layerThatFailed_isTriedAgain() throws Exception {
    mounts.failing.put("localhost/a:1", true);
    assertThatThrownBy(() -> store.find(image("a"), TOC).get(1, TimeUnit.MINUTES))
        .hasMessageContaining("cannot be mounted");
    mounts.failing.clear();

    find("a");
  }

  @Test
  void nextStore_mountsWhatIsUsed_untilItWorks() throws Exception {
    use("a");
    mounts.failing.put("localhost/a:1", true);
    open();
    var troubles = new Troubles(InstantSource.system());
    store.start(troubles);
    Eventually.until(() -> !troubles.list().isEmpty());
    assertThat(store.counts()).containsEntry(DIGEST, 1);

    mounts.failing.clear();
    store.look();

    Eventually.until(() -> store.view(image("a"), TOC) != null && troubles.list().isEmpty());
    assertThat(mounts.restored.get()).isGreaterThan(1);
  }

  @Test
  void namesThatAreNone_findNothing() {
    for (var name : List.of("", "..", "a", image("a").replace("=", ""))) {
      assertThat(store.isImage(name)).isFalse();
      assertThat(store.find(name, TOC)).isCompletedExceptionally();
      assertThat(store.view(name, TOC)).isNull();
      assertThat(store.use(name, TOC, request())).isCompletedExceptionally();
    }
    assertThat(mounts.claims).hasValue(0);
  }
}
