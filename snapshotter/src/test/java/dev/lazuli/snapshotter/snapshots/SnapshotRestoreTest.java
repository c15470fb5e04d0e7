package dev.lazuli.snapshotter.snapshots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.list;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.layers.LayerRequest;
import dev.lazuli.snapshotter.layers.Usage;
import dev.lazuli.snapshotter.snapshots.SnapshotException.Reason;
import dev.lazuli.snapshotter.status.Trouble;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.Test;

/** What snapshots keep over a restart, and what becomes of layers that cannot be mounted. */
final class SnapshotRestoreTest extends SnapshotterRig {
  @Test
  void unreadableLayer_makesMountsUnavailableUntilItIsBack() throws IOException {
    prepareLayer("chain1", "", BASE);
    layers.unreadable.add(BASE);

    assertThatThrownBy(() -> snapshotter.prepare("container", "chain1", Map.of()))
        .hasMessageContaining("chain1")
        .hasMessageContaining("content is away")
        .extracting(e -> ((SnapshotException) e).reason())
        .isEqualTo(Reason.UNAVAILABLE);
    layers.unreadable.clear();

    assertThat(snapshotter.prepare("container", "chain1", Map.of()).getType()).isEqualTo("overlay");
  }

  @Test
  void restart_restoresLayersAndRetriesThoseThatFailed() throws IOException {
    prepareLayer("chain1", "", BASE);
    prepareLayer("chain2", "chain1", TOP);
    snapshotter.prepare("container", "chain2", Map.of());
    snapshotter.update("chain2", Map.of(), List.of());
    var before = snapshotter.mounts("container");
    layers.claims.clear();
    layers.failing.add(TOP);

    close();
    open();

    Eventually.until(() -> layers.openClaims(BASE) == 1);
    assertFails(Reason.UNAVAILABLE, () -> snapshotter.mounts("container"));
    layers.failing.clear();
    assertThat(snapshotter.mounts("container")).isEqualTo(before);
    assertThat(layers.restored)
        .extracting(LayerRequest::reference, LayerRequest::digest, LayerRequest::tocDigest)
        .asInstanceOf(list(Tuple.class))
        .allMatch(request -> request.toList().getFirst().equals("registry.example/app:1"));
  }

  @Test
  void layerThatCannotBeRestored_isMarkedAndTriedAgainByItself() throws IOException {
    prepareLayer("chain1", "", BASE);
    prepareLayer("chain2", "chain1", TOP);
    layers.claims.clear();
    layers.failing.add(TOP);
    retryInterval = Duration.ofMillis(20);

    close();
    open();

    Eventually.until(() -> layers.openClaims(BASE) == 1);
    Eventually.until(
        () ->
            snapshotter.troubles().list().stream()
                .anyMatch(trouble -> trouble.times() > 2 && trouble.layer().equals(TOP)));
    assertThat(snapshotter.troubles().list())
        .singleElement()
        .satisfies(
            trouble -> {
              assertThat(trouble.kind()).isEqualTo(Trouble.Kind.RESTORE);
              assertThat(trouble.snapshot()).isEqualTo("chain2");
              assertThat(trouble.image()).isEqualTo("registry.example/app:1");
              assertThat(trouble.reason()).isEqualTo("registry is away");
            });
    layers.failing.clear();
    Eventually.until(() -> layers.openClaims(TOP) == 1 && snapshotter.troubles().list().isEmpty());
  }

  @Test
  void layerThatCannotBeMounted_isSeenUntilItCan() throws IOException {
    layers.failing.add(BASE);
    snapshotter.prepare("extract", "", labels("chain1", BASE));
    snapshotter.prepare("unlabelled", "", Map.of("containerd.io/snapshot.ref", "chain9"));

    assertThat(snapshotter.troubles().list())
        .extracting(Trouble::snapshot, Trouble::layer, SnapshotRestoreTest::beginning)
        .containsExactly(
            Tuple.tuple("chain9", "", "the client does not say which image it pulls"),
            Tuple.tuple("chain1", BASE, "registry is away"));
    layers.failing.clear();
    prepareLayer("chain1", "", BASE);
    assertThat(snapshotter.troubles().list())
        .extracting(Trouble::snapshot)
        .containsExactly("chain9");
  }

  @Test
  void layerThatTheConfigurationWantsWhole_isSeenAsPolicy_untilItIsMounted() throws IOException {
    layers.unwanted.add(BASE);
    snapshotter.prepare("extract", "", labels("chain1", BASE));

    assertThat(snapshotter.troubles().list())
        .singleElement()
        .satisfies(
            trouble -> {
              assertThat(trouble.kind()).isEqualTo(Trouble.Kind.POLICY);
              assertThat(trouble.reason()).endsWith("is pulled whole: lazy_from");
            });
    layers.unwanted.clear();
    prepareLayer("chain1", "", BASE);
    assertThat(snapshotter.troubles().list()).isEmpty();
  }

  private static String beginning(Trouble trouble) {
    return trouble.reason().split(":", 2)[0];
  }

  @Test
  void digestThatHadToBeLookedUp_isKeptForTheRestart() throws IOException {
    var labels = new HashMap<>(labels("chain1", BASE));
    var checksum = FakeLayers.digest(77);
    labels.remove("containerd.io/snapshot/stargz/toc.digest");
    layers.lookedUp =
        Map.of("containerd.io/snapshot/remote/zstd-chunked.manifest-checksum", checksum);
    assertFails(Reason.ALREADY_EXISTS, () -> snapshotter.prepare("k", "", labels));

    close();
    open();

    Eventually.until(() -> layers.openClaims(BASE) == 2);
    assertThat(layers.restored.getLast().tocChecksum()).contains(Digest.parse(checksum));
  }

  @Test
  void restart_doesNotWaitForLayers() throws IOException {
    prepareLayer("chain1", "", BASE);
    var latch = new CountDownLatch(1);
    layers.waiting.put(BASE, latch);

    close();
    open();

    assertThat(snapshotter.stat("chain1").name()).isEqualTo("chain1");
    assertThat(snapshotter.usage("chain1")).isEqualTo(Usage.NONE);
    snapshotter.prepare("other", "", Map.of());
    latch.countDown();
    Eventually.until(() -> layers.openClaims(BASE) == 2);
  }
}
