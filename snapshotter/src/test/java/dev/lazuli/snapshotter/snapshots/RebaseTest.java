package dev.lazuli.snapshotter.snapshots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.metrics.Metrics;
import dev.lazuli.snapshotter.snapshots.SnapshotException.Reason;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What containerd asks when it unpacks layers side by side: a parent comes with Commit alone. */
final class RebaseTest {
  private static final String BASE = FakeLayers.digest(1);
  private static final String TOP = FakeLayers.digest(2);
  private static final List<Digest> IMAGE = List.of(Digest.parse(BASE), Digest.parse(TOP));

  @TempDir private Path root;
  private final FakeLayers layers = new FakeLayers();
  private Snapshotter snapshotter;

  @BeforeEach
  void open() throws IOException {
    snapshotter = layers.open(root, new Metrics());
  }

  @AfterEach
  void close() {
    snapshotter.close();
  }

  @Test
  void layerWhoseParentIsOnlyInALabel_isUnpackedAndCommittedAboveIt() throws IOException {
    assertThat(isMounted("chain1", labels("chain1", BASE, TOP))).isTrue();
    var labels = labels("chain2", TOP);
    labels.put("containerd.io/snapshot/parent-chain-id", "chain1");

    var unpacked = snapshotter.prepare("extract chain2", "", labels);
    snapshotter.commit("default/9/chain2", "extract chain2", "chain1", labels);

    assertThat(unpacked.getType()).isEqualTo("overlay");
    assertThat(unpacked.getOptionsList())
        .contains("upperdir=" + root.resolve("snapshots/2/fs"))
        .contains("lowerdir=" + root.resolve("snapshots/2/nothing"));
    assertThat(troubles()).containsExactly("chain2");
    assertThat(snapshotter.prepare("container", "default/9/chain2", Map.of()).getOptionsList())
        .contains("lowerdir=" + root.resolve("snapshots/2/fs") + ":/mounts/0001");
  }

  @Test
  void layerThatTheManifestListsAboveOthers_isNotMountedAsTheLowest() throws IOException {
    layers.listed = IMAGE;

    assertThat(isMounted("chain1", labels("chain1", BASE, TOP))).isTrue();
    assertThat(isMounted("chain2", labels("chain2", TOP))).isFalse();

    assertThat(troubles()).containsExactly("chain2");
    Eventually.until(() -> layers.openClaims(TOP) == 0);
    assertThat(layers.openClaims(BASE)).isEqualTo(1);
  }

  @Test
  void layerThatOccursTwice_isNotMountedAsTheLowestTheSecondTime() throws IOException {
    layers.listed = List.of(Digest.parse(BASE), Digest.parse(BASE));

    assertThat(isMounted("chain1", labels("chain1", BASE, BASE))).isTrue();
    assertThat(isMounted("chain2", labels("chain2", BASE))).isFalse();
  }

  @Test
  void lowestLayer_isMountedWhateverIsKnownOfTheManifest() throws IOException {
    layers.listed = null;
    assertThat(isMounted("chain1", labels("chain1", BASE, TOP))).isTrue();
    layers.listed = List.of();
    assertThat(isMounted("chain3", labels("chain3", TOP))).isTrue();
  }

  @Test
  void layerWithAParent_asksNoManifest() throws IOException {
    layers.listed = IMAGE;
    assertThat(isMounted("chain1", labels("chain1", BASE, TOP))).isTrue();

    assertThatThrownBy(() -> snapshotter.prepare("k", "chain1", labels("chain2", TOP)))
        .isInstanceOf(SnapshotException.class);

    assertThat(snapshotter.stat("chain2").parent()).isEqualTo("chain1");
    assertThat(troubles()).isEmpty();
  }

  private List<String> troubles() {
    return snapshotter.troubles().list().stream().map(trouble -> trouble.snapshot()).toList();
  }

  private boolean isMounted(String chainId, Map<String, String> labels) throws IOException {
    try {
      snapshotter.prepare("extract " + chainId, "", labels);
      snapshotter.remove("extract " + chainId);
      return false;
    } catch (SnapshotException e) {
      assertThat(e.reason()).isEqualTo(Reason.ALREADY_EXISTS);
      return true;
    }
  }

  /** As CRI and the transfer service write them: a layer, and the image's layers from it on. */
  private static Map<String, String> labels(String chainId, String... layers) {
    var labels = new HashMap<String, String>();
    labels.put("containerd.io/snapshot.ref", chainId);
    labels.put("containerd.io/snapshot/cri.image-ref", "registry.example/app:1");
    labels.put("containerd.io/snapshot/cri.layer-digest", layers[0]);
    labels.put("containerd.io/snapshot/cri.image-layers", String.join(",", layers));
    labels.put("containerd.io/snapshot/cri.manifest-digest", FakeLayers.digest(50));
    labels.put("containerd.io/snapshot/stargz/toc.digest", FakeLayers.digest(99));
    return labels;
  }
}
