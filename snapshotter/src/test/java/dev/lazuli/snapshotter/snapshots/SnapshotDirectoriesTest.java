package dev.lazuli.snapshotter.snapshots;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lazuli.snapshotter.layers.Usage;
import dev.lazuli.snapshotter.snapshots.SnapshotDirectories.Owner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SnapshotDirectoriesTest {
  @TempDir private Path root;

  @Test
  void cleanupUnderWay_sparesANewSnapshotThatGetsAFormerId() throws IOException {
    var directories = SnapshotDirectories.open(root);
    Files.createDirectories(root.resolve("snapshots/7/fs/left"));
    var taken = directories.takeAllBut(Set.of());

    directories.create(snapshot(7), Owner.ROOT);
    for (var directory : taken) {
      DirectoryTree.delete(directory);
    }

    assertThat(root.resolve("snapshots/7/fs")).isEmptyDirectory();
    assertThat(root.resolve("snapshots")).isDirectoryNotContaining("glob:**rm-*");
  }

  @Test
  void whatAnInterruptedCleanupTook_isTakenAgain() throws IOException {
    var directories = SnapshotDirectories.open(root);
    Files.createDirectories(root.resolve("snapshots/7/fs"));
    var first = directories.takeAllBut(Set.of());

    assertThat(directories.takeAllBut(Set.of())).isEqualTo(first).hasSize(1);
  }

  @Test
  void whatAFailedSnapshotLeft_isNoTreeOfALaterLayersDirectories() throws IOException {
    var directories = SnapshotDirectories.open(root);
    directories.create(snapshot(7), Owner.ROOT);

    directories.createInherited(snapshot(7), Collections.emptySortedMap());

    assertThat(directories.inherited(snapshot(7))).isEmpty();
  }

  @Test
  void directories_areClosedToTheHostsUsers() throws IOException {
    var directories = SnapshotDirectories.open(root);
    directories.create(snapshot(7), Owner.ROOT);

    assertThat(permissions("snapshots")).isEqualTo("rwx------");
    assertThat(permissions("snapshots/7")).isEqualTo("rwx------");
    assertThat(permissions("snapshots/7/fs")).isEqualTo("rwxr-xr-x");
    assertThat(permissions("snapshots/7/work")).isEqualTo("rwx--x--x");
  }

  private String permissions(String path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(root.resolve(path)));
  }

  private static Snapshot snapshot(long id) {
    var now = Instant.EPOCH;
    return new Snapshot(
        id, "name", "", SnapshotKind.ACTIVE, Map.of(), now, now, Usage.NONE, Optional.empty());
  }
}
