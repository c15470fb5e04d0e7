package dev.lazuli.snapshotter.snapshots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.metrics.Metrics;
import dev.lazuli.snapshotter.proof.ChainId;
import dev.lazuli.snapshotter.proof.Finding;
import dev.lazuli.snapshotter.snapshots.SnapshotException.Reason;
import dev.lazuli.snapshotter.status.Trouble;
import dev.lazuli.testimages.waiting.Eventually;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SnapshotTruthTest {
  private static final String EVIL = FakeLayers.digest(1);
  private static final String RIGHT = FakeLayers.digest(2);
  private static final String UPPER = FakeLayers.digest(3);
  private static final String EVIL_TAR = FakeLayers.digest(11);
  private static final String RIGHT_TAR = FakeLayers.digest(12);
  private static final String UPPER_TAR = FakeLayers.digest(13);
  private static final String LOW = RIGHT_TAR;
  private static final String HIGH = ChainId.of(LOW, UPPER_TAR);

  @TempDir private Path root;
  private final FakeLayers layers = new FakeLayers();
  private Metrics metrics = new Metrics();
  private Snapshotter snapshotter;

  @BeforeEach
  void open() throws IOException {
    metrics = new Metrics();
    snapshotter = layers.open(root, metrics);
  }

  @AfterEach
  void close() {
    snapshotter.close();
  }

  private static Finding tar(String diffId) {
    return new Finding(Optional.of(Digest.parse(diffId)), Optional.empty());
  }

  private static Map<String, String> labels(String target, String digest) {
    var labels = new HashMap<String, String>();
    labels.put("containerd.io/snapshot.ref", target);
    labels.put("containerd.io/snapshot/cri.image-ref", "registry.test/" + digest.charAt(70) + ":1");
    labels.put("containerd.io/snapshot/cri.layer-digest", digest);
    return labels;
  }

  private void prepareLayer(String target, String parent, String digest) {
    assertFails(
        Reason.ALREADY_EXISTS,
        () -> snapshotter.prepare("extract", parent, labels(target, digest)));
  }

  private static void assertFails(Reason reason, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SnapshotException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  private List<String> names() throws IOException {
    return snapshotter.list(List.of()).stream().map(Snapshot::name).toList();
  }

  private String scraped() throws IOException {
    var text = new ByteArrayOutputStream();
    metrics.write(text);
    return text.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aSnapshotThatIsWhatItSays_staysAsItIs() throws IOException {
    prepareLayer(LOW, "", RIGHT);
    prepareLayer(HIGH, LOW, UPPER);
    layers.found(RIGHT, tar(RIGHT_TAR));
    layers.found(UPPER, tar(UPPER_TAR));

    assertThat(names()).containsExactlyInAnyOrder(LOW, HIGH);
    assertThat(layers.refused).isEmpty();
    assertThat(scraped()).contains("lazuli_proved_layers_total 2.0", "lazuli_lying_layers_total 0");
  }

  @Test
  void aSnapshotThatLied_losesItsName_withAllLayersOnIt_andNothingIsBuiltOnIt() throws IOException {
    prepareLayer(LOW, "", EVIL);
    prepareLayer(HIGH, LOW, UPPER);
    snapshotter.prepare("container", HIGH, Map.of());

    layers.found(EVIL, tar(EVIL_TAR));

    assertThat(names()).containsExactlyInAnyOrder("lied/1/" + LOW, "lied/2/" + HIGH, "container");
    assertThat(snapshotter.list(List.of("labels.\"containerd.io/snapshot.ref\"==" + LOW)))
        .isEmpty();
    assertFails(Reason.NOT_FOUND, () -> snapshotter.stat(LOW));
    assertFails(Reason.FAILED_PRECONDITION, () -> snapshotter.mounts("container"));
    assertFails(
        Reason.FAILED_PRECONDITION,
        () -> snapshotter.prepare("another", "lied/2/" + HIGH, Map.of()));
    assertThat(layers.refused.get(EVIL)).contains(EVIL_TAR, LOW);
    assertThat(snapshotter.troubles().list())
        .extracting(Trouble::kind, Trouble::snapshot)
        .contains(
            org.assertj.core.api.Assertions.tuple(Trouble.Kind.LIE, "lied/1/" + LOW),
            org.assertj.core.api.Assertions.tuple(Trouble.Kind.LIE, "lied/2/" + HIGH));
    assertThat(scraped()).contains("lazuli_lying_layers_total 1.0");
  }

  @Test
  void theNameOfALiar_isFreeForTheRightLayer_andTheLiarIsPulledWhole() throws IOException {
    prepareLayer(LOW, "", EVIL);
    layers.found(EVIL, tar(EVIL_TAR));

    prepareLayer(LOW, "", RIGHT);
    layers.found(RIGHT, tar(RIGHT_TAR));

    assertThat(snapshotter.stat(LOW).layer().orElseThrow().digest()).hasToString(RIGHT);
    snapshotter.remove("lied/1/" + LOW);
    snapshotter.remove(LOW);
    layers.findings.clear();
    assertThat(snapshotter.prepare("extract", "", labels(LOW, EVIL)).getType())
        .isEqualTo("overlay");
    assertThat(snapshotter.troubles().list())
        .extracting(Trouble::kind)
        .containsExactly(Trouble.Kind.MOUNT);
  }

  @Test
  void anIndexThatLied_isLeft_andTheLayerPulledWhole_alsoIfALabelNamesIt() throws IOException {
    var labels = labels(LOW, RIGHT);
    labels.put("containerd.io/snapshot/stargz/toc.digest", FakeLayers.digest(99));
    assertFails(Reason.ALREADY_EXISTS, () -> snapshotter.prepare("extract", "", labels));
    layers.found(RIGHT, new Finding(Optional.empty(), Optional.of("shows other files")));
    snapshotter.remove("lied/1/" + LOW);
    layers.findings.put(RIGHT, tar(RIGHT_TAR));

    assertFails(Reason.ALREADY_EXISTS, () -> snapshotter.prepare("extract", "", labels));

    assertThat(layers.pulled).containsExactly(RIGHT + " awaited");
  }

  @Test
  void theSameTarInAnotherCompression_isTheSameSnapshot_onceThatIsProved() throws IOException {
    layers.sharing.add("registry.test/3:1");
    prepareLayer(LOW, "", RIGHT);
    assertThat(snapshotter.prepare("extract", "", labels(LOW, UPPER)).getType())
        .isEqualTo("overlay");
    assertThat(snapshotter.troubles().counts()).containsEntry(Trouble.Kind.CONFLICT, 1L);
    snapshotter.remove("extract");
    assertThat(shownProof(LOW)).isEmpty();

    layers.found(RIGHT, tar(RIGHT_TAR));

    prepareLayer(LOW, "", UPPER);
    assertThat(snapshotter.stat(LOW).layer().orElseThrow().digest()).hasToString(RIGHT);
    assertThat(layers.openClaims(UPPER)).isZero();
    assertThat(shownProof(LOW)).contains(LOW);
  }

  @Test
  void theSameTarOfAnotherRepository_isPulledWhole_andThatIsNoFailure() throws IOException {
    prepareLayer(LOW, "", RIGHT);
    layers.found(RIGHT, tar(RIGHT_TAR));

    assertThat(snapshotter.prepare("extract", "", labels(LOW, UPPER)).getType())
        .isEqualTo("overlay");

    assertThat(snapshotter.troubles().list())
        .extracting(Trouble::kind)
        .containsExactly(Trouble.Kind.POLICY);
  }

  @Test
  void aProofOfTheLayerAlone_provesNoChainOnSomethingUnknown() throws IOException {
    layers.sharing.add("registry.test/2:1");
    prepareLayer("unknown", "", EVIL);
    prepareLayer(HIGH, "unknown", UPPER);
    layers.found(UPPER, tar(UPPER_TAR));

    assertThat(shownProof(HIGH)).isEmpty();
    assertThat(snapshotter.prepare("extract", "unknown", labels(HIGH, RIGHT)).getType())
        .isEqualTo("overlay");
    assertThat(snapshotter.troubles().counts()).containsEntry(Trouble.Kind.CONFLICT, 1L);
  }

  private Optional<String> shownProof(String name) throws IOException {
    var shown = snapshotter.shownLabels(snapshotter.stat(name));
    return Optional.ofNullable(shown.get("dev.lazuli/proved"));
  }

  @Test
  void aLiar_isRefusedAtOnce_whereItsTarIsKnown() throws IOException {
    prepareLayer(EVIL_TAR, "", EVIL);
    layers.found(EVIL, tar(EVIL_TAR));

    assertThat(snapshotter.prepare("extract", "", labels(LOW, EVIL)).getType())
        .isEqualTo("overlay");
    assertThat(names()).containsExactlyInAnyOrder(EVIL_TAR, "extract");
  }

  @Test
  void aLayerOfAnHonestSnapshot_isReadable_whateverAnotherSaysOfIt() throws IOException {
    prepareLayer(LOW, "", EVIL);
    prepareLayer(EVIL_TAR, "", EVIL);

    layers.found(EVIL, tar(EVIL_TAR));

    assertThat(names()).containsExactlyInAnyOrder("lied/1/" + LOW, EVIL_TAR);
    assertThat(layers.refused).isEmpty();
    snapshotter.remove(EVIL_TAR);
    assertThat(layers.refused).containsKey(EVIL);
    snapshotter.remove("lied/1/" + LOW);
    assertThat(layers.refused).isEmpty();
    assertThat(snapshotter.troubles().list()).isEmpty();
  }

  @Test
  void aLayerThatIsNotItsOwnDigest_liesUnderEveryName() throws IOException {
    prepareLayer(LOW, "", EVIL);
    prepareLayer(EVIL_TAR, "", EVIL);

    layers.found(EVIL, new Finding(Optional.empty(), Optional.of("its blob is another"), true));

    assertThat(names()).containsExactlyInAnyOrder("lied/1/" + LOW, "lied/2/" + EVIL_TAR);
    assertThat(layers.refused).containsEntry(EVIL, "its blob is another");
  }

  @Test
  void aRepositoryThatSentAnotherBlob_isRefused_andOthersAreNot() throws IOException {
    prepareLayer(LOW, "", EVIL);
    layers.found(
        EVIL, new Finding(Optional.empty(), Optional.of("its blob is sha256:other"), true));
    snapshotter.remove("lied/1/" + LOW);
    layers.findings.clear();

    assertThat(snapshotter.prepare("extract-1", "", labels(LOW, EVIL)).getType())
        .isEqualTo("overlay");
    var others = labels(LOW, EVIL);
    others.put("containerd.io/snapshot/cri.image-ref", "registry.test/other:1");
    assertFails(Reason.ALREADY_EXISTS, () -> snapshotter.prepare("extract-2", "", others));
  }

  @Test
  void aLie_isRememberedByTheNextDaemon() throws IOException {
    prepareLayer(LOW, "", EVIL);
    layers.found(EVIL, tar(EVIL_TAR));
    layers.refused.clear();

    close();
    open();

    assertThat(layers.refused).containsKey(EVIL);
    assertThat(snapshotter.troubles().list())
        .extracting(Trouble::kind)
        .containsExactly(Trouble.Kind.LIE);
    layers.findings.clear();
    assertThat(snapshotter.prepare("extract", "", labels(LOW, EVIL)).getType())
        .isEqualTo("overlay");
  }

  /** The proof is recorded with the layer first, and the daemon can die right after that. */
  @Test
  void aFindingThatNobodyActedOn_isActedOnByTheNextDaemon() throws IOException {
    prepareLayer(LOW, "", EVIL);
    prepareLayer(HIGH, LOW, UPPER);
    layers.findings.put(EVIL, tar(EVIL_TAR));
    layers.findings.put(UPPER, tar(UPPER_TAR));

    close();
    open();

    Eventually.asserted(
        () -> assertThat(names()).containsExactlyInAnyOrder("lied/1/" + LOW, "lied/2/" + HIGH));
    Eventually.asserted(() -> assertThat(layers.refused).containsKey(EVIL));
  }

  @Test
  void aParentThatContainerdUnpacked_isKnownByItsKey() throws IOException {
    snapshotter.prepare("tmp", "", Map.of());
    var unpacked = "default/7/" + LOW;
    snapshotter.commit(unpacked, "tmp", "", Map.of());
    prepareLayer(HIGH, unpacked, UPPER);

    layers.found(UPPER, tar(UPPER_TAR));
    assertThat(names()).contains(HIGH);

    layers.found(UPPER, tar(EVIL_TAR));
    assertThat(names()).doesNotContain(HIGH).contains("lied/2/" + HIGH);
  }

  @Test
  void aParentWithoutAChainId_provesNothing() throws IOException {
    snapshotter.prepare("tmp", "", Map.of());
    snapshotter.commit("unnamed", "tmp", "", Map.of());
    prepareLayer(HIGH, "unnamed", UPPER);

    layers.found(UPPER, tar(EVIL_TAR));

    assertThat(names()).contains(HIGH);
  }
}
