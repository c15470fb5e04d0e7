package dev.lazuli.snapshotter.snapshots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lazuli.snapshotter.layers.Usage;
import dev.lazuli.snapshotter.snapshots.SnapshotException.Reason;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SnapshotStoreTest {
  private static final Usage USED = new Usage(4096, 3);

  @TempDir private Path directory;
  private SnapshotStore store;

  @BeforeEach
  void open() throws IOException {
    store = SnapshotStore.open(directory.resolve("snapshots.db"), Clock.systemUTC());
  }

  @AfterEach
  void close() {
    store.close();
  }

  @Test
  void everything_survivesReopening() throws IOException {
    create(SnapshotKind.ACTIVE, "k", "");
    store.commit("base", "k", "", Map.of("a", "1"), USED);
    create(SnapshotKind.VIEW, "v", "base");
    var before = store.list(_ -> true);

    close();
    open();

    assertThat(store.list(_ -> true)).isEqualTo(before).hasSize(2);
    assertThat(store.get("base").usage()).isEqualTo(USED);
    assertThat(store.lineage("v")).extracting(Snapshot::name).containsExactly("v", "base");
    assertThat(create(SnapshotKind.ACTIVE, "next", "base").id()).isEqualTo(3);
  }

  @Test
  void commit_movesTheSnapshotAndReplacesLabels() throws IOException {
    store.create(SnapshotKind.ACTIVE, "k", "", Map.of("old", "1"), (_, _) -> {});

    var committed = store.commit("base", "k", "", Map.of("new", "2", "empty", ""), USED);

    assertThat(committed.labels()).containsExactly(Map.entry("new", "2"));
    assertThat(committed.kind()).isEqualTo(SnapshotKind.COMMITTED);
    assertThat(store.find("k")).isEmpty();
    assertThat(store.get("base")).isEqualTo(committed);
  }

  @Test
  void wrongCalls_saveNothingAndSayWhy() throws IOException {
    create(SnapshotKind.ACTIVE, "k", "");
    create(SnapshotKind.VIEW, "v", "");
    create(SnapshotKind.ACTIVE, "tmp", "");
    store.commit("base", "tmp", "", Map.of(), USED);
    create(SnapshotKind.ACTIVE, "child", "base");
    var before = store.list(_ -> true);

    assertFails(Reason.NOT_FOUND, () -> store.get("missing"));
    assertFails(Reason.NOT_FOUND, () -> create(SnapshotKind.ACTIVE, "x", "missing"));
    assertFails(Reason.INVALID_ARGUMENT, () -> create(SnapshotKind.ACTIVE, "x", "k"));
    assertFails(Reason.INVALID_ARGUMENT, () -> create(SnapshotKind.ACTIVE, "", ""));
    assertFails(Reason.ALREADY_EXISTS, () -> create(SnapshotKind.VIEW, "k", ""));
    assertFails(Reason.ALREADY_EXISTS, () -> store.commit("base", "k", "", Map.of(), USED));
    assertFails(Reason.NOT_FOUND, () -> store.commit("n", "missing", "", Map.of(), USED));
    assertFails(Reason.FAILED_PRECONDITION, () -> store.commit("n", "v", "", Map.of(), USED));
    assertFails(Reason.FAILED_PRECONDITION, () -> store.commit("n", "base", "", Map.of(), USED));
    assertFails(Reason.FAILED_PRECONDITION, () -> store.remove("base"));
    assertFails(Reason.NOT_FOUND, () -> store.remove("missing"));
    assertFails(Reason.NOT_FOUND, () -> store.updateLabels("missing", labels -> labels));

    assertThat(store.list(_ -> true)).isEqualTo(before);
  }

  @Test
  void parent_canBeRemovedOnceItsLastChildIsGone() throws IOException {
    create(SnapshotKind.ACTIVE, "k", "");
    store.commit("base", "k", "", Map.of(), USED);
    create(SnapshotKind.ACTIVE, "c1", "base");
    create(SnapshotKind.VIEW, "c2", "base");
    store.commit("layer", "c1", "", Map.of(), USED);

    store.remove("c2");
    assertFails(Reason.FAILED_PRECONDITION, () -> store.remove("base"));
    store.remove("layer");
    store.remove("base");

    assertThat(store.list(_ -> true)).isEmpty();
    assertThat(ids()).isEmpty();
  }

  @Test
  void commit_canGiveAParentToASnapshotWithoutOne() throws IOException {
    create(SnapshotKind.ACTIVE, "a", "");
    create(SnapshotKind.ACTIVE, "b", "");
    store.commit("base", "a", "", Map.of(), USED);

    var rebased = store.commit("layer", "b", "base", Map.of(), USED);

    assertThat(rebased.parent()).isEqualTo("base");
    assertThat(store.lineage("layer")).extracting(Snapshot::name).containsExactly("layer", "base");
    assertFails(Reason.FAILED_PRECONDITION, () -> store.remove("base"));
    close();
    open();
    assertThat(store.get("layer").parent()).isEqualTo("base");
    store.remove("layer");
    store.remove("base");
  }

  @Test
  void commit_changesNoParentAndTakesOnlyACommittedOne() throws IOException {
    create(SnapshotKind.ACTIVE, "a", "");
    store.commit("base", "a", "", Map.of(), USED);
    create(SnapshotKind.ACTIVE, "other", "");
    create(SnapshotKind.ACTIVE, "child", "base");
    create(SnapshotKind.ACTIVE, "free", "");
    var before = store.list(_ -> true);

    assertFails(Reason.NOT_FOUND, () -> store.commit("n", "free", "missing", Map.of(), USED));
    assertFails(
        Reason.FAILED_PRECONDITION, () -> store.commit("n", "free", "other", Map.of(), USED));
    assertFails(Reason.INVALID_ARGUMENT, () -> store.commit("n", "child", "other", Map.of(), USED));

    assertThat(store.list(_ -> true)).isEqualTo(before);
    assertThat(store.commit("n", "child", "base", Map.of(), USED).parent()).isEqualTo("base");
  }

  @Test
  void failingStep_undoesTheCreation() throws IOException {
    assertThatThrownBy(() -> createFailing("first")).hasMessage("no directory");
    assertThat(store.find("first")).isEmpty();
    create(SnapshotKind.ACTIVE, "k", "");

    assertThatThrownBy(() -> createFailing("second")).hasMessage("no directory");

    assertThat(store.find("second")).isEmpty();
    assertThat(create(SnapshotKind.ACTIVE, "k2", "").id()).isEqualTo(2);
    assertThat(ids()).containsExactlyInAnyOrder(1L, 2L);
  }

  @Test
  void secondStoreOnTheSameFile_isRefused() {
    assertThatThrownBy(
            () -> SnapshotStore.open(directory.resolve("snapshots.db"), Clock.systemUTC()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("snapshots.db");
  }

  private Snapshot create(SnapshotKind kind, String name, String parent) throws IOException {
    return store.create(kind, name, parent, Map.of(), (_, _) -> {});
  }

  private void createFailing(String name) throws IOException {
    store.create(
        SnapshotKind.ACTIVE,
        name,
        "",
        Map.of(),
        (_, _) -> {
          throw new IOException("no directory");
        });
  }

  private Set<Long> ids() throws IOException {
    return store.withIds(ids -> ids);
  }

  private static void assertFails(Reason reason, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SnapshotException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }
}
