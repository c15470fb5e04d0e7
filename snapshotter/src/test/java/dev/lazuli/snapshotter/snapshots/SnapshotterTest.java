package dev.lazuli.snapshotter.snapshots;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.snapshots.SnapshotException.Reason;
import dev.lazuli.snapshotter.status.LayerUse;
import dev.lazuli.snapshotter.status.Trouble;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

final class SnapshotterTest extends SnapshotterRig {
  @Test
  void prepareOfALayer_mountsItAndSaysSo() throws IOException {
    prepareLayer("chain1", "", BASE);

    var snapshot = snapshotter.stat("chain1");
    assertThat(snapshot.kind()).isEqualTo(SnapshotKind.COMMITTED);
    assertThat(snapshot.shownLabels())
        .containsEntry("containerd.io/snapshot/remote", "remote snapshot")
        .containsEntry("containerd.io/snapshot.ref", "chain1");
    assertThat(snapshotter.usage("chain1")).isEqualTo(FakeLayers.USAGE);
    assertThat(
            snapshotter.list(List.of("labels.\"containerd.io/snapshot.ref\"==chain1,parent==\"\"")))
        .containsExactly(snapshot);
  }

  @Test
  void layerThatCannotBeMounted_isUnpackedByTheClient() throws IOException {
    layers.failing.add(BASE);

    var mount = snapshotter.prepare("extract", "", labels("chain1", BASE));

    assertThat(mount.getType()).isEqualTo("overlay");
    assertThat(mount.getOptionsList()).contains("upperdir=" + root.resolve("snapshots/1/fs"));
    assertThat(snapshotter.stat("extract").labels())
        .doesNotContainKey("containerd.io/snapshot/remote");
  }

  @Test
  void malformedLabels_areNoReasonToRefuse() throws IOException {
    for (var labels :
        List.of(
            Map.of("containerd.io/snapshot.ref", "chain1"),
            labels("chain1", "sha256:short"),
            Map.of(
                "containerd.io/snapshot.ref", "chain1",
                "containerd.io/snapshot/remote/stargz.reference", "a/b:c",
                "containerd.io/snapshot/remote/stargz.digest", BASE,
                "containerd.io/snapshot/remote/stargz.prefetch", "many"))) {
      assertThat(snapshotter.prepare("key" + labels.hashCode(), "", labels).getType())
          .isEqualTo("overlay");
    }
  }

  @Test
  void slowMount_isGivenUpAndItsClaimToo() throws IOException {
    mountTimeout = Duration.ofMillis(50);
    close();
    open();
    var latch = new CountDownLatch(1);
    layers.waiting.put(BASE, latch);

    assertThat(snapshotter.prepare("extract", "", labels("chain1", BASE)).getType())
        .isEqualTo("overlay");
    latch.countDown();

    Eventually.until(() -> layers.claims.containsKey(BASE) && layers.openClaims(BASE) == 0);
  }

  @Test
  void sameLayerAgain_isNotMountedTwice() throws IOException {
    prepareLayer("chain1", "", BASE);
    prepareLayer("chain1", "", BASE);

    assertThat(layers.openClaims(BASE)).isEqualTo(1);
  }

  @Test
  void otherLayerForTheSameChain_isUnpackedByTheClientAndSaid() throws IOException {
    prepareLayer("chain1", "", BASE);

    var labels = new HashMap<>(labels("chain1", TOP));
    labels.put("containerd.io/snapshot/remote/stargz.reference", "evil.example/app:1");
    assertThat(snapshotter.prepare("extract", "", labels).getType()).isEqualTo("overlay");

    assertThat(layers.mounted).extracting(layer -> layer.digest().toString()).containsExactly(BASE);
    assertThat(snapshotter.troubles().list())
        .singleElement()
        .satisfies(
            trouble -> {
              assertThat(trouble.kind()).isEqualTo(Trouble.Kind.CONFLICT);
              assertThat(trouble.image()).isEqualTo("evil.example/app:1");
              assertThat(trouble.reason())
                  .contains("registry.example/app:1", "evil.example/app:1", BASE, TOP);
            });
    snapshotter.remove("chain1");
    assertThat(snapshotter.troubles().list()).isEmpty();
  }

  @Test
  void otherTableOfContentsForTheSameChain_isUnpackedByTheClient() throws IOException {
    prepareLayer("chain1", "", BASE);

    var labels = new HashMap<>(labels("chain1", BASE));
    labels.put("containerd.io/snapshot/stargz/toc.digest", FakeLayers.digest(98));
    assertThat(snapshotter.prepare("extract", "", labels).getType()).isEqualTo("overlay");

    assertThat(layers.openClaims(BASE)).isEqualTo(1);
    assertThat(snapshotter.troubles().counts()).containsEntry(Trouble.Kind.CONFLICT, 1L);
  }

  @Test
  void askerThatNamesNoLayer_doesNotGetTheOneThatIsThere() throws IOException {
    prepareLayer("chain1", "", BASE);

    var mount = snapshotter.prepare("plain", "", Map.of("containerd.io/snapshot.ref", "chain1"));

    assertThat(mount.getType()).isEqualTo("overlay");
  }

  @Test
  void mountedLayer_showsWhoBroughtItWhateverLabelsAreSet() throws IOException {
    prepareLayer("chain1", "", BASE);
    snapshotter.update("chain1", Map.of("dev.lazuli/layer", TOP), List.of());

    close();
    open();

    assertThat(snapshotter.stat("chain1").shownLabels())
        .containsEntry("dev.lazuli/layer", BASE)
        .containsEntry("dev.lazuli/image", "registry.example/app:1")
        .containsEntry("dev.lazuli/toc", FakeLayers.digest(99));
  }

  @Test
  void sameChainAboveAnUnpackedParent_getsASnapshotOfItsOwn() throws IOException {
    prepareLayer("chain1", "", BASE);
    prepareLayer("chain2", "chain1", TOP);
    snapshotter.prepare("tmp", "", Map.of());
    snapshotter.commit("default/7/chain1", "tmp", "", Map.of());

    prepareLayer("chain2", "default/7/chain1", TOP);

    assertThat(
            snapshotter.list(
                List.of("labels.\"containerd.io/snapshot.ref\"==chain2,parent==default/7/chain1")))
        .hasSize(1);
    assertThat(layers.openClaims(TOP)).isEqualTo(2);
  }

  @Test
  void layersToCome_areMountedAheadAndLetGo() throws Exception {
    var labels = new HashMap<>(labels("chain1", BASE));
    labels.put("containerd.io/snapshot/remote/stargz.layers", BASE + "," + TOP);

    assertFails(Reason.ALREADY_EXISTS, () -> snapshotter.prepare("k", "", labels));
    Eventually.until(() -> layers.openClaims(TOP) == 1);
    prepareLayer("chain2", "chain1", TOP);
    Eventually.until(() -> layers.openClaims(TOP) == 1);
    snapshotter.remove("chain2");
    snapshotter.cleanup();

    assertThat(layers.openClaims(TOP)).isZero();
    assertThat(layers.mounted)
        .extracting(layer -> layer.digest().toString())
        .containsExactlyInAnyOrder(BASE, TOP, TOP);
  }

  @Test
  void parentThatDoesNotExist_isAnErrorBeforeAnythingIsMounted() {
    assertFails(
        Reason.NOT_FOUND, () -> snapshotter.prepare("k", "missing", labels("chain1", BASE)));

    assertThat(layers.mounted).isEmpty();
  }

  @Test
  void cleanup_freesWhatRemovedSnapshotsLeft() throws IOException {
    prepareLayer("chain1", "", BASE);
    snapshotter.prepare("container", "chain1", Map.of());
    Files.writeString(root.resolve("snapshots/2/fs/written"), "x");
    Files.createSymbolicLink(
        root.resolve("snapshots/2/fs/out"), Files.createDirectory(root.resolve("outside")));
    Files.createDirectories(root.resolve("snapshots/new-crashed/fs"));

    assertFails(Reason.FAILED_PRECONDITION, () -> snapshotter.remove("chain1"));
    snapshotter.remove("container");
    snapshotter.remove("chain1");
    assertThat(root.resolve("snapshots/2/fs/written")).exists();
    snapshotter.cleanup();

    assertThat(root.resolve("snapshots")).isEmptyDirectory();
    assertThat(root.resolve("outside")).exists();
    assertThat(layers.openClaims(BASE)).isZero();
  }

  @Test
  void layerUses_nameSnapshotsAndCountContainers() throws IOException {
    prepareLayer("chain1", "", BASE);
    prepareLayer("chain2", "chain1", TOP);
    snapshotter.prepare("container", "chain2", Map.of());
    snapshotter.view("look", "chain1", Map.of());

    assertThat(snapshotter.layerUses())
        .containsOnly(
            Map.entry(Digest.parse(BASE), new LayerUse(List.of("chain1"), 2, 0)),
            Map.entry(Digest.parse(TOP), new LayerUse(List.of("chain2"), 1, 0)));
  }

  @Test
  void update_changesOnlyLabels() throws IOException {
    snapshotter.prepare("k", "", Map.of("a", "1", "b", "2"));

    assertThat(snapshotter.update("k", Map.of("a", "3"), List.of("labels.a", "labels.b")).labels())
        .containsExactly(Map.entry("a", "3"));
    assertThat(snapshotter.update("k", Map.of("c", "4"), List.of()).labels())
        .containsExactly(Map.entry("c", "4"));
    assertFails(
        Reason.INVALID_ARGUMENT, () -> snapshotter.update("k", Map.of(), List.of("parent")));
  }

  @Test
  void usage_countsHardLinksOnce() throws IOException {
    snapshotter.prepare("k", "", Map.of());
    var content = root.resolve("snapshots/1/fs");
    var file = Files.write(content.resolve("a"), new byte[5000]);
    Files.createLink(content.resolve("b"), file);

    var active = snapshotter.usage("k");
    snapshotter.commit("base", "k", "", Map.of());

    assertThat(active.inodes()).isEqualTo(2);
    assertThat(active.sizeBytes()).isBetween(5000L, 16384L);
    assertThat(snapshotter.usage("base")).isEqualTo(active);
  }
}
