package dev.lazuli.snapshotter.snapshots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.list;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.layers.LayerEntry;
import dev.lazuli.snapshotter.layers.LayerRequest;
import dev.lazuli.snapshotter.layers.Usage;
import dev.lazuli.snapshotter.metrics.Metrics;
import dev.lazuli.snapshotter.snapshots.SnapshotException.Reason;
import dev.lazuli.snapshotter.status.LayerUse;
import dev.lazuli.snapshotter.status.Trouble;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SnapshotterTest {
  private static final String BASE = FakeLayers.digest(1);
  private static final String TOP = FakeLayers.digest(2);

  @TempDir private Path root;
  private final FakeLayers layers = new FakeLayers();
  private Duration mountTimeout = Duration.ofMinutes(1);
  private Duration retryInterval = Duration.ofHours(1);
  private Snapshotter snapshotter;

  @BeforeEach
  void open() throws IOException {
    var options = new SnapshotterOptions(root, root.resolve("s.sock"), mountTimeout, retryInterval);
    snapshotter = Snapshotter.open(options, Clock.systemUTC(), layers, new Metrics());
  }

  @AfterEach
  void close() {
    snapshotter.close();
  }

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
  void container_isAnOverlayOfMountedLayers() throws IOException {
    prepareLayer("chain1", "", BASE);
    prepareLayer("chain2", "chain1", TOP);

    var mount = snapshotter.prepare("container", "chain2", Map.of());

    var own = root.resolve("snapshots/3");
    assertThat(mount.getType()).isEqualTo("overlay");
    assertThat(mount.getOptionsList())
        .startsWith(
            "workdir=" + own.resolve("work"),
            "upperdir=" + own.resolve("fs"),
            "lowerdir=/mounts/0002:/mounts/0001");
    assertThat(snapshotter.mounts("container")).isEqualTo(mount);
  }

  /** Overlayfs wants two directories at least; in a bind mount whiteouts would be seen. */
  @Test
  void viewOfOneMountedLayer_isAnOverlayOverNothing() throws IOException {
    prepareLayer("chain1", "", BASE);

    var mount = snapshotter.view("look", "chain1", Map.of());

    var own = root.resolve("snapshots/2/fs");
    assertThat(mount.getType()).isEqualTo("overlay");
    assertThat(mount.getOptionsList()).startsWith("lowerdir=/mounts/0001:" + own);
    assertThat(own).isEmptyDirectory();
    assertThat(snapshotter.mounts("look")).isEqualTo(mount);
  }

  @Test
  void viewOfOneUnpackedLayer_isABindMount() throws IOException {
    snapshotter.prepare("extract", "", Map.of());
    snapshotter.commit("base", "extract", "", Map.of());

    var mount = snapshotter.view("look", "base", Map.of());

    assertThat(mount.getSource()).isEqualTo(root.resolve("snapshots/1/fs").toString());
    assertThat(mount.getOptionsList()).containsExactly("ro", "rbind");
  }

  @Test
  void layerThatOccursTwice_isNamedOnceWhereItIsNearest() throws IOException {
    prepareLayer("chain1", "", BASE);
    prepareLayer("chain2", "chain1", TOP);
    prepareLayer("chain3", "chain2", BASE);
    prepareLayer("chain4", "chain3", BASE);

    var mount = snapshotter.prepare("container", "chain4", Map.of());
    var view = snapshotter.view("look", "chain4", Map.of());

    assertThat(mount.getOptionsList()).contains("lowerdir=/mounts/0001:/mounts/0002");
    assertThat(view.getOptionsList()).containsExactly("lowerdir=/mounts/0001:/mounts/0002");
  }

  @Test
  void directoriesWithoutEntries_lookAsTheyDoBelow() throws IOException {
    layers.roots.put(BASE, new FakeDirectory().add("tmp", sticky()));
    layers.roots.put(TOP, new FakeDirectory().add("tmp", implied()));
    prepareLayer("chain1", "", BASE);
    prepareLayer("chain2", "chain1", TOP);

    var tree = root.resolve("snapshots/2/fs");
    var lowers = "lowerdir=" + tree + ":/mounts/0002:/mounts/0001";
    assertThat(Files.getAttribute(tree.resolve("tmp"), "unix:mode")).isEqualTo(041777);
    assertThat(snapshotter.prepare("container", "chain2", Map.of()).getOptionsList())
        .contains(lowers);
    close();
    open();
    assertThat(snapshotter.mounts("container").getOptionsList()).contains(lowers);
    snapshotter.remove("container");
    snapshotter.remove("chain2");
    snapshotter.cleanup();
    assertThat(root.resolve("snapshots")).isEmptyDirectory();
  }

  @Test
  void manyLayersWithInheritedDirectories_needOneTree() throws IOException {
    layers.roots.put(BASE, new FakeDirectory().add("tmp", sticky()));
    prepareLayer("chain1", "", BASE);
    for (int i = 2; i <= 127; i++) {
      layers.roots.put(FakeLayers.digest(i), new FakeDirectory().add("tmp", implied()));
      prepareLayer("chain" + i, "chain" + (i - 1), FakeLayers.digest(i));
    }

    var options = snapshotter.prepare("container", "chain127", Map.of()).getOptionsList();

    var lower = options.stream().filter(o -> o.startsWith("lowerdir=")).findFirst().orElseThrow();
    assertThat(lower.substring("lowerdir=".length()).split(":", -1))
        .hasSize(128)
        .startsWith(root.resolve("snapshots/127/fs").toString());
  }

  @Test
  void layerAboveAnUnpackedOne_takesItsDirectoriesAttributes() throws IOException {
    snapshotter.prepare("extract", "", Map.of());
    var tmp = Files.createDirectory(root.resolve("snapshots/1/fs/tmp"));
    Files.setAttribute(tmp, "unix:mode", 01777);
    Files.createSymbolicLink(root.resolve("snapshots/1/fs/link"), Path.of("tmp"));
    snapshotter.commit("base", "extract", "", Map.of());
    layers.roots.put(TOP, new FakeDirectory().add("tmp", implied()).add("link", implied()));

    prepareLayer("chain2", "base", TOP);

    var tree = root.resolve("snapshots/2/fs");
    assertThat(tree).isDirectoryNotContaining("glob:**link");
    assertThat(Files.getAttribute(tree.resolve("tmp"), "unix:mode")).isEqualTo(041777);
  }

  @Test
  void attributesThatCannotBeFound_leaveTheLayerToTheClient() throws IOException {
    layers.roots.put(BASE, new FakeDirectory().add("tmp", sticky()));
    layers.roots.put(
        TOP, new FakeDirectory().add("tmp", implied().from(LayerEntry.AttributeSource.UNKNOWN)));
    prepareLayer("chain1", "", BASE);

    var mount = snapshotter.prepare("extract", "chain1", labels("chain2", TOP));

    assertThat(mount.getType()).isEqualTo("overlay");
    assertThat(layers.openClaims(TOP)).isZero();
    assertThat(snapshotter.troubles().list())
        .singleElement()
        .satisfies(trouble -> assertThat(trouble.reason()).contains(TOP, "earlier version", "tmp"));
  }

  private static FakeDirectory sticky() {
    return new FakeDirectory().with(FakeDirectory.attributes(01777, 0));
  }

  private static FakeDirectory implied() {
    return new FakeDirectory().from(LayerEntry.AttributeSource.IMPLIED);
  }

  @Test
  void viewOfOneLayerThatOccursTwice_isThatLayer() throws IOException {
    prepareLayer("chain1", "", BASE);
    prepareLayer("chain2", "chain1", BASE);

    assertThat(snapshotter.view("look", "chain2", Map.of()).getOptionsList())
        .contains("lowerdir=/mounts/0001:" + root.resolve("snapshots/3/fs"));
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
        .extracting(Trouble::snapshot, Trouble::layer, SnapshotterTest::beginning)
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

  private void prepareLayer(String chainId, String parent, String digest) {
    assertFails(
        Reason.ALREADY_EXISTS,
        () -> snapshotter.prepare("extract " + chainId, parent, labels(chainId, digest)));
  }

  private static Map<String, String> labels(String chainId, String digest) {
    return Map.of(
        "containerd.io/snapshot.ref",
        chainId,
        "containerd.io/snapshot/remote/stargz.reference",
        "registry.example/app:1",
        "containerd.io/snapshot/remote/stargz.digest",
        digest,
        "containerd.io/snapshot/stargz/toc.digest",
        FakeLayers.digest(99));
  }

  private static void assertFails(Reason reason, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SnapshotException.class,
            e -> assertThat(e.reason()).as(e.getMessage()).isEqualTo(reason));
  }
}
