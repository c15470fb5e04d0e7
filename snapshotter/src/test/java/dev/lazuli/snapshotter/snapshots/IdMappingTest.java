package dev.lazuli.snapshotter.snapshots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.bridge.kernel.UserNamespace.IdRange;
import dev.lazuli.snapshotter.snapshots.SnapshotDirectories.Owner;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class IdMappingTest {
  private static final Map<String, String> LABELS = labels("0:200000:65536", "0:300000:65536");

  private static Map<String, String> labels(String uids, String gids) {
    return Map.of(IdMapping.UID_LABEL, uids, IdMapping.GID_LABEL, gids);
  }

  @Test
  void labels_ofSeveralRanges_areRead() throws SnapshotException {
    var mapping = IdMapping.of(labels("0:100:1,1:5000:99", "0:7:4294967288")).orElseThrow();

    assertThat(mapping.uids()).containsExactly(new IdRange(0, 100, 1), new IdRange(1, 5000, 99));
    assertThat(mapping.outside(new Owner(0, 0))).isEqualTo(new Owner(100, 7));
    assertThat(mapping.outside(new Owner(99, 3))).isEqualTo(new Owner(5098, 10));
    assertThat(mapping.outside(new Owner(100, 0))).isEqualTo(new Owner(100, 7));
  }

  @Test
  void otherLabels_askForNothing() throws SnapshotException {
    assertThat(IdMapping.of(Map.of("containerd.io/gc.root", "now"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0",
        "0:1",
        "0:1:2:3",
        "0:1:",
        "a:b:c",
        "-1:0:5",
        "0:-1:5",
        "0:0:0",
        "0:1:4294967295",
        "0:1:1,",
        "0:99999999999:1",
        "9223372036854775807:1:1"
      })
  void labelThatMakesNoSense_isNamed(String text) {
    assertThatThrownBy(() -> IdMapping.of(labels("0:0:1", text)))
        .isInstanceOf(SnapshotException.class)
        .hasMessageStartingWith("label containerd.io/snapshot/gidmapping makes no sense: \"" + text)
        .extracting(e -> ((SnapshotException) e).reason())
        .isEqualTo(SnapshotException.Reason.INVALID_ARGUMENT);
  }

  @Test
  void rangesWithoutEnd_areRefused() {
    var many = "0:0:1,".repeat(100_000) + "0:0:1";

    assertThatThrownBy(() -> IdMapping.of(labels(many, "0:0:1")))
        .isInstanceOf(SnapshotException.class);
  }

  @Test
  void image_isMapped_butNotTheCopyThatContainerdMadeOfIt() throws SnapshotException {
    var image = new Lower(List.of(), Owner.ROOT);
    var copy = new Lower(List.of(), new Owner(200_000, 300_000));

    assertThat(MappedDirectories.mapping(LABELS, image)).isPresent();
    assertThat(MappedDirectories.owner(LABELS, image)).isEqualTo(new Owner(200_000, 300_000));
    assertThat(MappedDirectories.mapping(LABELS, copy)).isEmpty();
    assertThat(MappedDirectories.owner(LABELS, copy)).isEqualTo(new Owner(200_000, 300_000));
  }

  @Test
  void imageMappedToRootItself_isMapped() throws SnapshotException {
    var labels = labels("0:0:1,1:200000:65535", "0:0:1,1:200000:65535");

    assertThat(MappedDirectories.mapping(labels, new Lower(List.of(), Owner.ROOT))).isPresent();
  }
}
