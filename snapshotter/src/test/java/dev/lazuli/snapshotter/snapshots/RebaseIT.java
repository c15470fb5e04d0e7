package dev.lazuli.snapshotter.snapshots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lazuli.demo.containerd.Command;
import dev.lazuli.demo.containerd.MountTable;
import dev.lazuli.snapshotter.api.types.Mount;
import dev.lazuli.snapshotter.layers.RemoteLayers;
import dev.lazuli.snapshotter.metrics.Metrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Layers unpacked side by side, with whiteouts, as containers see them then. */
final class RebaseIT {
  @TempDir private Path directory;
  private Snapshotter snapshotter;

  @BeforeEach
  void open() throws IOException {
    assumeTrue("root".equals(System.getProperty("user.name")), "mounting overlayfs needs root");
    var options = SnapshotterOptions.of(directory.resolve("root"), directory.resolve("s.sock"));
    snapshotter = Snapshotter.open(options, Clock.systemUTC(), RemoteLayers.none(), new Metrics());
  }

  @AfterEach
  void close() throws IOException {
    MountTable.unmountBelow(directory);
    snapshotter.close();
  }

  @Test
  void whiteouts_hideWhatTheParentHasThatIsNamedInCommit() throws IOException {
    var top = unpack("chain2");
    var bottom = unpack("chain1");
    Files.writeString(bottom.resolve("kept"), "1");
    Files.writeString(bottom.resolve("deleted"), "2");
    whiteout(top.resolve("deleted"));
    Files.writeString(top.resolve("added"), "3");

    snapshotter.commit("chain1", "extract chain1", "", Map.of());
    snapshotter.commit("chain2", "extract chain2", "chain1", Map.of());

    assertThat(names(mount(snapshotter.view("look", "chain2", Map.of()))))
        .containsExactlyInAnyOrder("kept", "added");
  }

  @Test
  void whiteoutsOfTheLowestLayer_areLeftOut() throws IOException {
    var content = unpack("chain1");
    Files.createDirectory(content.resolve("dir"));
    whiteout(content.resolve("dir/deleted"));
    Files.writeString(content.resolve("dir/kept"), "1");
    var _ = Command.of("mknod", content.resolve("null").toString(), "c", "1", "3").check();

    snapshotter.commit("chain1", "extract chain1", "", Map.of());

    var seen = mount(snapshotter.view("look", "chain1", Map.of()));
    assertThat(names(seen)).containsExactlyInAnyOrder("dir", "null");
    assertThat(names(seen.resolve("dir"))).containsExactly("kept");
  }

  @Test
  void mountForUnpacking_isOneThatTheKernelTakes() throws IOException {
    var target = mount(snapshotter.prepare("extract x", "", Map.of(Snapshot.TARGET_LABEL, "x")));

    Files.writeString(target.resolve("file"), "written");

    assertThat(snapshotter.mounts("extract x").getOptionsList())
        .anyMatch(option -> option.startsWith("upperdir="));
    assertThat(directory.resolve("root/snapshots/1/fs/file")).hasContent("written");
  }

  /** Does as containerd does with an overlay mount: unpacks into its upper directory. */
  private Path unpack(String target) throws IOException {
    var mount = snapshotter.prepare("extract " + target, "", Map.of(Snapshot.TARGET_LABEL, target));
    var upper = "upperdir=";
    return mount.getOptionsList().stream()
        .filter(option -> option.startsWith(upper))
        .map(option -> Path.of(option.substring(upper.length())))
        .findFirst()
        .orElseThrow();
  }

  private static void whiteout(Path file) throws IOException {
    var _ = Command.of("mknod", file.toString(), "c", "0", "0").check();
  }

  private Path mount(Mount mount) throws IOException {
    var target = Files.createTempDirectory(directory, "mount");
    var bind = mount.getType().equals("bind");
    var options = String.join(",", mount.getOptionsList());
    var command = bind ? Command.of("mount") : Command.of("mount", "-t", mount.getType());
    var _ = command.with("-o", options, mount.getSource(), target.toString()).check();
    return target;
  }

  private static List<String> names(Path directory) throws IOException {
    try (var entries = Files.list(directory)) {
      return entries.map(entry -> entry.getFileName().toString()).toList();
    }
  }
}
