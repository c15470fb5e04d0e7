package dev.lazuli.snapshotter.snapshots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.snapshotter.layers.Usage;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FilterTest {
  private static final Snapshot SNAPSHOT =
      new Snapshot(
          7,
          "default/7/name",
          "sha256:0a",
          SnapshotKind.ACTIVE,
          Map.of("containerd.io/snapshot.ref", "sha256:ff", "l", "a,b \"c\"", "x.y", "1"),
          Instant.EPOCH,
          Instant.EPOCH,
          Usage.NONE,
          Optional.empty());

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "kind==active",
        "kind!=view",
        "name==default/7/name",
        "name==\"default/7/name\"",
        "parent==sha256:0a , kind==active",
        "labels.\"containerd.io/snapshot.ref\"==sha256:ff,parent==\"sha256:0a\"",
        "labels.l",
        "labels.x.y==1",
        "labels.\"x.y\"==1",
        "labels.missing!=1",
        "labels.l==\"a,b \\\"c\\\"\"",
        "name==\"d\\x65fault\\0577\\u002fname\"",
        "name~=^default/[0-9]+/",
        "name~=/^default\\/7/",
        "name~=|lt.7|",
        "kind",
        "labels.l~=b"
      })
  void filter_matches(String filter) throws SnapshotException {
    assertThat(Filter.parse(List.of(filter)).test(SNAPSHOT)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "kind==view",
        "name!=default/7/name",
        "parent==\"\"",
        "labels.missing",
        "labels",
        "labels.l==a",
        "unknown",
        "unknown==x",
        "kind==active,name==other",
        "name~=^7"
      })
  void filter_doesNotMatch(String filter) throws SnapshotException {
    assertThat(Filter.parse(List.of(filter)).test(SNAPSHOT)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "name=x",
        "name==",
        "==x",
        "name==x,",
        ",",
        "name==\"x",
        "name==\"\\q\"",
        "name==\"\\xZZ\"",
        "name==\"\\UFFFFFFFF\"",
        "name~=(",
        "name x",
        "labels.",
        "name==a b",
        "näme==a"
      })
  void malformedFilter_isRefusedWithItsPlace(String filter) {
    assertThatThrownBy(() -> Filter.parse(List.of(filter)))
        .isInstanceOfSatisfying(
            SnapshotException.class,
            e -> assertThat(e.reason()).isEqualTo(SnapshotException.Reason.INVALID_ARGUMENT))
        .hasMessageContaining("character");
  }

  @Test
  void severalFilters_areAlternatives() throws SnapshotException {
    assertThat(Filter.parse(List.of("kind==view", "kind==active")).test(SNAPSHOT)).isTrue();
    assertThat(Filter.parse(List.of("kind==view", "kind==committed")).test(SNAPSHOT)).isFalse();
    assertThat(Filter.parse(List.of()).test(SNAPSHOT)).isTrue();
  }
}
