package dev.lazuli.snapshotter.snapshots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.digest.Digest;
import dev.lazuli.snapshotter.api.store.StoredSnapshot;
import dev.lazuli.snapshotter.layers.LayerRequest;
import dev.lazuli.snapshotter.metrics.Metrics;
import dev.lazuli.snapshotter.proof.ChainId;
import dev.lazuli.snapshotter.proof.Finding;
import dev.lazuli.snapshotter.snapshots.SnapshotDirectories.Owner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** containerd hands on an image's annotations as labels: none of them may pass for ours. */
final class ClientLabelsTest {
  private static final String LIE = "containerd.io/snapshot/lazuli.lie";
  private static final String REMOTE = "containerd.io/snapshot/remote";
  private static final String BASE = FakeLayers.digest(1);
  private static final String TOP = FakeLayers.digest(2);
  private static final String LOW = FakeLayers.digest(11);
  private static final String HIGH = ChainId.of(LOW, FakeLayers.digest(12));

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

  private static Map<String, String> annotated(String target, String digest) {
    var labels = new HashMap<>(marks());
    labels.put("containerd.io/snapshot.ref", target);
    labels.put("containerd.io/snapshot/cri.image-ref", "evil.example/app:1");
    labels.put("containerd.io/snapshot/cri.layer-digest", digest);
    return labels;
  }

  private static Map<String, String> marks() {
    return Map.of(
        LIE, "an image says so", REMOTE, "an image says so", LayerRequest.SHOWN_PROVED, LOW);
  }

  private void prepareAnnotated(String target, String parent, String digest) {
    assertThatThrownBy(() -> snapshotter.prepare("extract", parent, annotated(target, digest)))
        .isInstanceOfSatisfying(
            SnapshotException.class,
            e -> assertThat(e.reason()).isEqualTo(SnapshotException.Reason.ALREADY_EXISTS));
  }

  @Test
  void layerThatAnImageCallsALie_isServedAndBuiltOn() throws IOException {
    prepareAnnotated(LOW, "", BASE);
    prepareAnnotated(HIGH, LOW, TOP);

    assertThat(snapshotter.prepare("container", HIGH, Map.of()).getType()).isEqualTo("overlay");
    assertThat(snapshotter.shownLabels(snapshotter.stat(LOW)))
        .containsEntry(REMOTE, "remote snapshot")
        .doesNotContainKeys(LIE, LayerRequest.SHOWN_PROVED);
  }

  @Test
  void liarThatCallsItselfOne_isDisownedAllTheSame() throws IOException {
    prepareAnnotated(LOW, "", BASE);

    layers.found(
        BASE, new Finding(Optional.of(Digest.parse(FakeLayers.digest(99))), Optional.empty()));

    var disowned = snapshotter.stat("lied/1/" + LOW);
    assertThat(disowned.lie().orElseThrow()).contains(FakeLayers.digest(99));
    assertThat(snapshotter.shownLabels(disowned)).containsEntry(LIE, disowned.lie().get());
  }

  @Test
  void disownedSnapshot_staysDisowned_whateverLabelsItIsGiven() throws IOException {
    prepareAnnotated(LOW, "", BASE);
    layers.found(BASE, new Finding(Optional.empty(), Optional.of("its blob is another"), true));

    snapshotter.update("lied/1/" + LOW, Map.of("a", "b"), List.of());
    close();
    open();

    assertThat(snapshotter.stat("lied/1/" + LOW).lie()).contains("its blob is another");
    assertThatThrownBy(() -> snapshotter.prepare("container", "lied/1/" + LOW, Map.of()))
        .hasMessageContaining("its blob is another");
  }

  @Test
  void unpackedSnapshot_keepsNoMark_howeverItIsGiven() throws IOException {
    snapshotter.prepare("key", "", marks());
    snapshotter.update("key", marks(), List.of("labels." + LIE, "labels." + REMOTE));
    assertThat(snapshotter.stat("key").shownLabels()).isEmpty();

    snapshotter.commit("name", "key", "", marks());
    snapshotter.view("look", "name", marks());

    assertThat(snapshotter.stat("name").shownLabels()).isEmpty();
    assertThat(snapshotter.stat("look").shownLabels()).isEmpty();
  }

  @Test
  void markThatAnEarlierVersionStoredOfAnImage_isNoLie() {
    var record = StoredSnapshot.newBuilder().setId(3).setKind(3).putLabels(LIE, "an image").build();

    assertThat(SnapshotRecord.decode("default/1/" + LOW, record.toByteArray()).lie()).isEmpty();
    assertThat(SnapshotRecord.decode("lied/3/" + LOW, record.toByteArray()).lie())
        .contains("an image");
  }

  @Test
  void layerThatIsUnpacked_hasTheOwnersOfItsTar_whateverItsImageAsks() throws IOException {
    var labels = new HashMap<String, String>();
    labels.put(IdMapping.UID_LABEL, "0:1000:1");
    labels.put(IdMapping.GID_LABEL, "0:1000:1");
    var base = new Lower(List.of(), Owner.ROOT);
    assertThat(MappedDirectories.owner(labels, base)).isEqualTo(new Owner(1000, 1000));

    labels.put("containerd.io/snapshot.ref", LOW);

    assertThat(MappedDirectories.owner(labels, base)).isEqualTo(Owner.ROOT);
  }
}
